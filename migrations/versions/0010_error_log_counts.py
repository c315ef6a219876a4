"""Failures that are one and the same trouble are one row an hour, with a count."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NEWEST_FIRST = [sa.text("created_at DESC"), sa.text("id DESC")]
FILTERS = {"severity": "severity", "code": "code", "agent": "agent_id", "chat": "chat_id"}


def upgrade() -> None:
    """Each row that is there stays one of its own. What deletes old rows asks when they were last seen."""
    op.add_column("error_logs", sa.Column("fingerprint", sa.String(length=64), nullable=True))
    op.add_column("error_logs", sa.Column("hour", sa.DateTime(timezone=True), nullable=True))
    op.add_column("error_logs", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("error_logs", sa.Column("count", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.execute(
        "UPDATE error_logs SET fingerprint = id::text, hour = date_trunc('hour', created_at, 'UTC'), "
        "last_seen_at = created_at"
    )
    for column in ("fingerprint", "hour", "last_seen_at"):
        op.alter_column("error_logs", column, nullable=False)
    op.alter_column("error_logs", "last_seen_at", server_default=sa.text("now()"))
    op.create_check_constraint(op.f("ck_error_logs_count"), "error_logs", "count >= 1")
    op.create_index("uq_error_logs_fingerprint_hour", "error_logs", ["fingerprint", "hour"], unique=True)
    for name, column in FILTERS.items():
        op.create_index(f"ix_error_logs_{name}_list", "error_logs", ["team_id", column, *NEWEST_FIRST])
    op.create_index(op.f("ix_error_logs_last_seen_at"), "error_logs", ["last_seen_at"])


def downgrade() -> None:
    """Rows stay; how often each was seen is lost."""
    op.drop_index(op.f("ix_error_logs_last_seen_at"), table_name="error_logs")
    for name in FILTERS:
        op.drop_index(f"ix_error_logs_{name}_list", table_name="error_logs")
    op.drop_index("uq_error_logs_fingerprint_hour", table_name="error_logs")
    op.drop_constraint(op.f("ck_error_logs_count"), "error_logs", type_="check")
    for column in ("count", "last_seen_at", "hour", "fingerprint"):
        op.drop_column("error_logs", column)
