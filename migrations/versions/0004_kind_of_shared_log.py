"""Which shared log a generation writes to: only workers that read the same one can put its text together again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what runs meanwhile counts as written to PostgreSQL."""
    op.add_column(
        "generations",
        sa.Column("shared_log", sa.String(length=20), server_default=sa.text("'postgresql'"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_generations_shared_log"), "generations", "shared_log IN ('postgresql', 'redis')"
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_constraint(op.f("ck_generations_shared_log"), "generations", type_="check")
    op.drop_column("generations", "shared_log")
