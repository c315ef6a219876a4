"""An index for the list of a user's sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The wider index serves what the narrow one did."""
    op.create_index(
        "ix_auth_sessions_user_list", "auth_sessions", ["user_id", sa.text("created_at DESC"), sa.text("id DESC")]
    )
    op.drop_index(op.f("ix_auth_sessions_user_id"), table_name="auth_sessions")


def downgrade() -> None:
    """The narrow one again."""
    op.create_index(op.f("ix_auth_sessions_user_id"), "auth_sessions", ["user_id"])
    op.drop_index("ix_auth_sessions_user_list", table_name="auth_sessions")
