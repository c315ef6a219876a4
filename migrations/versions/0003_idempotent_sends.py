"""Idempotent sends: the key of a send and what it was a key for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; answers that are there have no key."""
    op.add_column("generations", sa.Column("idempotency_key", sa.String(length=255), nullable=True))
    op.add_column("generations", sa.Column("request_digest", sa.String(length=64), nullable=True))
    op.add_column("generations", sa.Column("user_message_id", sa.UUID(), nullable=True))
    op.create_index(
        "uq_generations_chat_idempotency_key",
        "generations",
        ["chat_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def downgrade() -> None:
    """Forget the keys."""
    op.drop_index("uq_generations_chat_idempotency_key", table_name="generations")
    op.drop_column("generations", "user_message_id")
    op.drop_column("generations", "request_digest")
    op.drop_column("generations", "idempotency_key")
