"""What is kept for a time only goes by an index of its end; the audit trail goes by its age alone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ENDS = {
    "ix_auth_sessions_end": ("auth_sessions", sa.text("LEAST(revoked_at, expires_at)")),
    "ix_invites_end": ("invites", sa.text("COALESCE(used_at, expires_at)")),
    "ix_password_resets_expires_at": ("password_resets", "expires_at"),
    "ix_audit_events_created_at": ("audit_events", "created_at"),
}

# A setting of the transaction names the days, so that no one deletes by mistake; the age is looked at for each row. A
# team that is deleted takes its trail with it: that deletion comes from inside a trigger, of the foreign key.
REFUSE_DELETE = """
CREATE FUNCTION refuse_audit_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    days integer := nullif(current_setting('chatstream.audit_retention_days', true), '');
BEGIN
    IF pg_trigger_depth() > 1 OR OLD.created_at < now() - make_interval(days => days) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_events is append-only';
END $$
"""


def upgrade() -> None:
    """Add the indexes, and the trigger."""
    for name, (table, column) in ENDS.items():
        op.create_index(name, table, [column])
    op.drop_index("ix_auth_sessions_expires_at", table_name="auth_sessions")
    op.create_index(
        "ix_generations_session", "generations", ["session_id"], postgresql_where=sa.text("session_id IS NOT NULL")
    )
    op.execute(REFUSE_DELETE)
    op.execute(
        "CREATE TRIGGER kept_for_its_time BEFORE DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_delete()"
    )


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP TRIGGER kept_for_its_time ON audit_events")
    op.execute("DROP FUNCTION refuse_audit_delete()")
    op.drop_index("ix_generations_session", table_name="generations")
    op.create_index("ix_auth_sessions_expires_at", "auth_sessions", ["expires_at"])
    for name, (table, _) in ENDS.items():
        op.drop_index(name, table_name=table)
