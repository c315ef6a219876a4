"""The answers of an agent by the time they began."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Its first column does what the old index did."""
    op.create_index(op.f("ix_generations_agent_id_started_at"), "generations", ["agent_id", "started_at"])
    op.drop_index(op.f("ix_generations_agent_id"), table_name="generations")


def downgrade() -> None:
    """The other way round."""
    op.create_index(op.f("ix_generations_agent_id"), "generations", ["agent_id"])
    op.drop_index(op.f("ix_generations_agent_id_started_at"), table_name="generations")
