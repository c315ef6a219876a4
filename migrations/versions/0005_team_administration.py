"""Team administration: settings of a team, invites, password resets and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ACTIONS = (
    "'user_created', 'user_role_changed', 'user_activated', 'user_deactivated', 'user_password_set', "
    "'invite_created', 'invite_revoked', 'invite_used', 'password_reset_issued', 'password_reset_used', "
    "'team_created', 'team_changed', 'team_deactivated', 'agent_created', 'agent_changed', 'agent_deleted'"
)


def upgrade() -> None:
    """Add the columns and tables; the teams that are there stay open."""
    op.add_column("teams", sa.Column("registration", sa.String(length=20), server_default="open", nullable=False))
    op.add_column("teams", sa.Column("retention_days", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_teams_registration"), "teams", "registration IN ('open', 'invite')")
    op.create_check_constraint(op.f("ck_teams_retention_days"), "teams", "retention_days BETWEEN 1 AND 3650")
    op.create_index("ix_users_team_list", "users", ["team_id", sa.text("created_at DESC"), sa.text("id DESC")])
    _create_invites()
    _create_password_resets()
    _create_audit_events()


def _create_invites() -> None:
    op.create_table(
        "invites",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.UUID(), nullable=True),
        sa.CheckConstraint("role IN ('user', 'admin')", name=op.f("ck_invites_role")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_invites_email_lower_case")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_invites_team_id_teams"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_invites_created_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name=op.f("fk_invites_used_by_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invites")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invites_token_hash")),
    )
    op.create_index(op.f("ix_invites_created_by"), "invites", ["created_by"])
    op.create_index("ix_invites_team_list", "invites", ["team_id", sa.text("created_at DESC"), sa.text("id DESC")])


def _create_password_resets() -> None:
    op.create_table(
        "password_resets",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("password_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("issued_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["users.id"], name=op.f("fk_password_resets_issued_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_resets_token_hash")),
    )
    op.create_index(op.f("ix_password_resets_issued_by"), "password_resets", ["issued_by"])


def _create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("actor_type", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("actor_email", sa.String(length=254), nullable=True),
        sa.Column("target_type", sa.String(length=20), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=False),
        sa.Column("target_label", sa.String(length=254), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("user_agent", sa.String(length=400), server_default="", nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"action IN ({ACTIONS})", name=op.f("ck_audit_events_action")),
        sa.CheckConstraint("actor_type IN ('user', 'cli')", name=op.f("ck_audit_events_actor_type")),
        sa.CheckConstraint("(actor_type = 'user') = (actor_id IS NOT NULL)", name=op.f("ck_audit_events_actor_id")),
        sa.CheckConstraint(
            "target_type IN ('user', 'invite', 'team', 'agent')", name=op.f("ck_audit_events_target_type")
        ),
        sa.CheckConstraint("jsonb_typeof(details) = 'object'", name=op.f("ck_audit_events_details_object")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_audit_events_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    newest_first = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_audit_events_team_list", "audit_events", ["team_id", *newest_first])
    for name, column in (("action", "action"), ("actor", "actor_id"), ("target", "target_id")):
        op.create_index(f"ix_audit_events_{name}_list", "audit_events", ["team_id", column, *newest_first])
    op.execute(
        "CREATE FUNCTION refuse_audit_update() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_update()"
    )


def downgrade() -> None:
    """Take them away; every team takes registrations by its id again."""
    op.drop_table("audit_events")
    op.execute("DROP FUNCTION refuse_audit_update()")
    op.drop_table("password_resets")
    op.drop_table("invites")
    op.drop_index("ix_users_team_list", table_name="users")
    op.drop_constraint(op.f("ck_teams_retention_days"), "teams", type_="check")
    op.drop_constraint(op.f("ck_teams_registration"), "teams", type_="check")
    op.drop_column("teams", "retention_days")
    op.drop_column("teams", "registration")
