"""Transcripts in pages, and earlier versions of turns.

Long arrays are cut into pages as the application does it: 50 messages or 64 KiB. Going back puts the pages into the
array again; earlier versions are lost then.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT_ONCE = 50
"""Chats in one statement, so that each stays far below the statement timeout."""

# A message weighs its share of what a page may hold, so whole numbers of weight are the bounds of pages.
CUT = sa.text("""
    WITH long AS (
        SELECT id, messages FROM chats
        WHERE id = ANY(:ids) AND (jsonb_array_length(messages) >= 50 OR octet_length(messages::text) >= 65536)
    ),
    weighed AS (
        SELECT id, message, place,
            sum(greatest(1310, octet_length(message::text))) OVER (PARTITION BY id ORDER BY place) - 1 AS weight
        FROM long, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
    ),
    pages AS (
        INSERT INTO chat_pages (chat_id, number, messages, message_ids)
        SELECT id, min(place) - 1, jsonb_agg(message ORDER BY place),
            array_agg(CAST(message->>'id' AS uuid) ORDER BY place)
        FROM weighed GROUP BY id, div(weight, 65536)
    )
    UPDATE chats SET messages = '[]' FROM long WHERE chats.id = long.id
""")

JOIN = sa.text("""
    WITH sealed AS (
        SELECT chat_id, jsonb_agg(message ORDER BY number, place) AS messages
        FROM chat_pages, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
        WHERE chat_id = ANY(:ids) GROUP BY chat_id
    )
    UPDATE chats SET messages = sealed.messages || chats.messages FROM sealed WHERE id = chat_id
""")


def upgrade() -> None:
    """Make the tables, and cut what is long."""
    op.create_table(
        "chat_pages",
        sa.Column("chat_id", sa.UUID(), nullable=False),
        *_page_columns(),
        *_page_checks("chat_pages"),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_chat_pages_chat_id_chats"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "number", name=op.f("pk_chat_pages")),
    )
    op.create_table(
        "chat_versions",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("chat_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_chat_versions_number")),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_chat_versions_chat_id_chats"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_versions")),
    )
    op.create_index("uq_chat_versions_number", "chat_versions", ["chat_id", "message_id", "number"], unique=True)
    op.create_index(
        "uq_chat_versions_current",
        "chat_versions",
        ["chat_id", "message_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "version_pages",
        sa.Column("version_id", sa.UUID(), nullable=False),
        *_page_columns(),
        *_page_checks("version_pages"),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["chat_versions.id"],
            name=op.f("fk_version_pages_version_id_chat_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "number", name=op.f("pk_version_pages")),
    )
    _for_all_chats(CUT)
    for table in ("chat_pages", "version_pages"):
        op.create_index(
            op.f(f"ix_{table}_message_ids"),
            table,
            ["message_ids"],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )


def downgrade() -> None:
    """Put the pages back into the arrays."""
    _for_all_chats(JOIN)
    op.drop_table("version_pages")
    op.drop_table("chat_versions")
    op.drop_table("chat_pages")


def _page_columns() -> list[sa.Column]:
    return [
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("messages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("message_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
    ]


def _page_checks(table: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint("number >= 0", name=op.f(f"ck_{table}_number")),
        sa.CheckConstraint(
            "jsonb_array_length(messages) = cardinality(message_ids)", name=op.f(f"ck_{table}_message_ids")
        ),
        sa.CheckConstraint("cardinality(message_ids) > 0", name=op.f(f"ck_{table}_not_empty")),
    ]


def _for_all_chats(statement: sa.TextClause) -> None:
    """Execute it for some chats at a time, locked against the workers that still run."""
    some = sa.text("SELECT id FROM chats WHERE id > :after ORDER BY id LIMIT :limit FOR NO KEY UPDATE")
    connection = op.get_bind()
    after = "00000000-0000-0000-0000-000000000000"
    while ids := connection.scalars(some, {"after": after, "limit": AT_ONCE}).all():
        connection.execute(statement, {"ids": ids})
        after = ids[-1]
