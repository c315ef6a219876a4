"""What the product does: plain values in, domain errors out. Never touches a request."""
