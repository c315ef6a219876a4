"""The shared event log, and what a stop from another worker needs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns; what is there keeps its values."""
    op.create_table(
        "generation_events",
        sa.Column("generation_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("payloads", sa.Text(), nullable=False),
        sa.Column("is_last", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_generation_events_seq")),
        sa.CheckConstraint("count >= 0", name=op.f("ck_generation_events_count")),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generations.id"],
            name=op.f("fk_generation_events_generation_id_generations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation_id", "seq", name=op.f("pk_generation_events")),
    )
    op.add_column("generations", sa.Column("stop_requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("generations", sa.Column("session_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_generations_session_id_auth_sessions"),
        "generations",
        "auth_sessions",
        ["session_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index("ix_generations_finished", "generations", ["finished_at"])


def downgrade() -> None:
    """Take them away; running answers go on without a shared log."""
    op.drop_index("ix_generations_finished", table_name="generations")
    op.drop_constraint(op.f("fk_generations_session_id_auth_sessions"), "generations", type_="foreignkey")
    op.drop_column("generations", "session_id")
    op.drop_column("generations", "stop_requested_at")
    op.drop_table("generation_events")
