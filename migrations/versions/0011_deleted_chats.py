"""Chats are marked as deleted, and taken away in the background."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column without a default, and an index of marked chats alone: neither takes long."""
    op.add_column("chats", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_chats_deleted", "chats", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL"))


def downgrade() -> None:
    """What is marked goes now: nothing would hide it."""
    op.execute("SET LOCAL statement_timeout = 0")  # one chat may have 100,000 messages
    op.execute("DELETE FROM chats WHERE deleted_at IS NOT NULL")
    op.drop_index("ix_chats_deleted", table_name="chats")
    op.drop_column("chats", "deleted_at")
