"""marshmallow schemas: the shapes of the contract. Nothing in here queries."""
