"""Search entries, kept by triggers; ratings of answers; chats by the age of their last activity.

The database reads the text itself, so that whatever writes a transcript has it indexed in the same transaction. The
configuration is the connection's ``default_text_search_config`` (SEARCH_CONFIG).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 50
"""Chats in one statement, so that each stays far below the statement timeout."""

# Words are what stands between blanks: accents and points are taken off, signs become blanks, and in scripts that are
# written without blanks each character is a word. This needs no extension, and no rights for one.
SEARCH_TEXT = r"""
CREATE FUNCTION search_text(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(content) = length(content) THEN translate(
        content, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                ')
    ELSE regexp_replace(regexp_replace(regexp_replace(left(normalize(content, NFKD), 200000),
        '[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640'
        '\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099'
        '\u309a\ufe00-\ufe0f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]', '', 'g'),
        '[!-/:-@\[-`{-~\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u02c2-\u02c5\u037e\u0387'
        '\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4'
        '\u0964\u0965\u2000-\u2070\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3007-\u3020\u3030\u303d'
        '\ufd3e\ufd3f\ufff9-\uffff\U0001f000-\U0001faff]', ' ', 'g'),
        '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3006\u3021-\u3029\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf'
        '\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g') END
$$
"""

ADD_MESSAGES = """
CREATE FUNCTION search_add_messages(chat chats, start integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO search_entries (chat_id, place, user_id, message_id, role, sent_at, words)
    SELECT chat.id, item.place, chat.user_id, CAST(message->>'id' AS uuid), message->>'role',
        CASE WHEN message->>'timestamp' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'
            THEN CAST(message->>'timestamp' AS timestamptz) ELSE chat.updated_at END,
        to_tsvector(search_text(left(coalesce(message->>'content', ''), 100000)))
    FROM (
        SELECT number + nth - 1 AS place, message
        FROM chat_pages, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, nth)
        WHERE chat_id = chat.id AND start < chat.message_count - jsonb_array_length(chat.messages) AND number >= (
            SELECT coalesce(max(number), 0) FROM chat_pages WHERE chat_id = chat.id AND number <= start)
        UNION ALL
        SELECT chat.message_count - jsonb_array_length(chat.messages) + nth - 1, message
        FROM jsonb_array_elements(chat.messages) WITH ORDINALITY AS item(message, nth)
    ) AS item
    WHERE item.place >= start
$$
"""

ADD_TITLE = """
CREATE FUNCTION search_add_title(chat chats) RETURNS void LANGUAGE sql AS $$
    INSERT INTO search_entries (chat_id, place, user_id, sent_at, words)
    SELECT chat.id, -1, chat.user_id, chat.created_at, to_tsvector(search_text(chat.title))
    WHERE chat.title IS NOT NULL
$$
"""

KEEP = """
CREATE FUNCTION search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM search_add_title(NEW);
        PERFORM search_add_messages(NEW, 0);
        RETURN NULL;
    END IF;
    IF NEW.title IS DISTINCT FROM OLD.title THEN
        DELETE FROM search_entries WHERE chat_id = NEW.id AND place = -1;
        PERFORM search_add_title(NEW);
    END IF;
    IF NEW.message_count < OLD.message_count THEN
        DELETE FROM search_entries WHERE chat_id = NEW.id AND place >= NEW.message_count;
    ELSIF NEW.message_count > OLD.message_count THEN
        PERFORM search_add_messages(NEW, OLD.message_count);
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    "CREATE TRIGGER search_new_chat AFTER INSERT ON chats FOR EACH ROW EXECUTE FUNCTION search_keep()",
    "CREATE TRIGGER search_changed_chat AFTER UPDATE OF title, message_count ON chats FOR EACH ROW "
    "WHEN (NEW.title IS DISTINCT FROM OLD.title OR NEW.message_count <> OLD.message_count) "
    "EXECUTE FUNCTION search_keep()",
)

FILL = sa.text("""
    SELECT search_add_title(chats), search_add_messages(chats, 0) FROM chats WHERE id = ANY(:ids)
""")


def upgrade() -> None:
    """Make the tables, and index the chats there are."""
    _create_search_entries()
    for statement in (SEARCH_TEXT, ADD_MESSAGES, ADD_TITLE, KEEP, *TRIGGERS):
        op.execute(statement)
    _fill()
    op.create_index(op.f("ix_search_entries_user_id"), "search_entries", ["user_id"])
    op.create_index(op.f("ix_search_entries_words"), "search_entries", ["words"], postgresql_using="gin")
    _create_message_feedback()
    op.drop_index(op.f("ix_chats_team_id"), table_name="chats")
    op.create_index(op.f("ix_chats_team_id_updated_at"), "chats", ["team_id", "updated_at"])


def downgrade() -> None:
    """Drop what upgrade made; ratings stay on their messages."""
    op.drop_index(op.f("ix_chats_team_id_updated_at"), table_name="chats")
    op.create_index(op.f("ix_chats_team_id"), "chats", ["team_id"])
    op.drop_table("message_feedback")
    for trigger in ("search_new_chat", "search_changed_chat"):
        op.execute(f"DROP TRIGGER {trigger} ON chats")
    for function in ("search_keep()", "search_add_title(chats)", "search_add_messages(chats, integer)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("search_entries")
    op.execute("DROP FUNCTION search_text(text)")


def _create_search_entries() -> None:
    op.create_table(
        "search_entries",
        sa.Column("chat_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.CheckConstraint("place >= -1", name=op.f("ck_search_entries_place")),
        sa.CheckConstraint("(place = -1) = (message_id IS NULL)", name=op.f("ck_search_entries_title")),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_search_entries_chat_id_chats"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chat_id", "place", name=op.f("pk_search_entries")),
    )


def _fill() -> None:
    """Index some chats at a time, locked against the workers that still run."""
    some = sa.text("SELECT id FROM chats WHERE id > :after ORDER BY id LIMIT :limit FOR NO KEY UPDATE")
    connection = op.get_bind()
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))  # one chat may have 100,000 messages
    after = "00000000-0000-0000-0000-000000000000"
    while ids := connection.scalars(some, {"after": after, "limit": AT_ONCE}).all():
        connection.execute(FILL, {"ids": ids})
        after = ids[-1]


def _create_message_feedback() -> None:
    op.create_table(
        "message_feedback",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("chat_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=False),
        sa.Column("team_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("rating", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating IN ('up', 'down')", name=op.f("ck_message_feedback_rating")),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"],
                [f"{name}s.id"],
                name=op.f(f"fk_message_feedback_{name}_id_{name}s"),
                ondelete="CASCADE",
            )
            for name in ("chat", "agent", "team", "user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_feedback")),
        sa.UniqueConstraint("chat_id", "message_id", name=op.f("uq_message_feedback_chat_id_message_id")),
    )
    newest_first = [sa.text("rated_at DESC"), sa.text("id DESC")]
    op.create_index("ix_message_feedback_agent_list", "message_feedback", ["agent_id", *newest_first])
    op.create_index("ix_message_feedback_agent_rating_list", "message_feedback", ["agent_id", "rating", *newest_first])
    for name in ("team_id", "user_id"):
        op.create_index(op.f(f"ix_message_feedback_{name}"), "message_feedback", [name])
