"""What every exchange asks of the database, as functions of its own.

PostgreSQL plans a statement each time that it comes, which took longer than doing it; the plans of a PL/pgSQL function
are kept for as long as the connection lasts, also behind a pooler. A send is one statement, and so is its end.

Locks are taken in the order chat, user, generation everywhere.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEAL = """
CREATE FUNCTION transcript_seal(the_chat uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chat_pages (chat_id, number, messages, message_ids)
    SELECT id, message_count - jsonb_array_length(messages), messages, ARRAY(
        SELECT CAST(message->>'id' AS uuid)
        FROM jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place) ORDER BY place)
    FROM chats WHERE id = the_chat AND messages <> '[]';
    UPDATE chats SET messages = '[]' WHERE id = the_chat;
END $$
"""

# Returns the newest messages, oldest first, with those that were added; NULL where there is no such chat. The tail is
# sealed when it has so many messages, or so many bytes.
APPEND = """
CREATE FUNCTION transcript_append(
    the_chat uuid, added jsonb, first_title text, wanted integer, most_messages integer, most_bytes integer
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    tail jsonb; total integer; length integer; size integer; sealed jsonb;
BEGIN
    UPDATE chats
    SET messages = messages || added, message_count = message_count + jsonb_array_length(added), updated_at = now(),
        title = coalesce(title, first_title)
    WHERE id = the_chat
    RETURNING messages, message_count, jsonb_array_length(messages), pg_column_size(messages)
    INTO tail, total, length, size;
    IF wanted > length AND total > length THEN
        SELECT jsonb_agg(message ORDER BY number, place) INTO sealed
        FROM chat_pages, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, place)
        WHERE chat_id = the_chat AND number + place > total - wanted AND number >= (
            SELECT coalesce(max(number), 0) FROM chat_pages WHERE chat_id = the_chat AND number <= total - wanted);
        tail := sealed || tail;
    ELSIF wanted < length THEN
        tail := jsonb_path_query_array(tail, '$[$first to last]', jsonb_build_object('first', length - wanted));
    END IF;
    IF length >= most_messages OR size >= most_bytes THEN
        PERFORM transcript_seal(the_chat);
    END IF;
    RETURN tail;
END $$
"""

# Opens the generation that answers a message, and puts the message into its chat unless it is the last there already.
# Without a message it is only found what there is to ask with. Chat and user are locked to the end of the transaction.
# Returns what was found; NULL where there is no such chat. There is no generation in it when is_running or the repeat
# says why, when the agent answers nobody, or when as many as may be are running.
SEND = """
CREATE FUNCTION generation_send(
    the_chat uuid, the_user uuid, the_team uuid, the_session uuid, the_key text, the_digest text, the_log text,
    most_running integer, message jsonb, is_placed boolean, first_title text, default_history integer,
    most_messages integer, most_bytes integer
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    asked record; same record; running integer; is_running boolean; opened record; history jsonb;
BEGIN
    SELECT chats.title, agents.id AS agent_id, agents.is_active, agents.webhook_url, agents.webhook_token,
        agents.system_prompt, agents.config
    INTO asked
    FROM chats
    JOIN agents ON agents.id = chats.agent_id
    JOIN users ON users.id = chats.user_id
    JOIN auth_sessions ON auth_sessions.user_id = users.id
    WHERE chats.id = the_chat AND chats.user_id = the_user AND chats.team_id = the_team AND chats.deleted_at IS NULL
        -- the caller may have been let in by an older look-up
        AND users.is_active
        AND auth_sessions.id = the_session AND auth_sessions.revoked_at IS NULL AND auth_sessions.expires_at > now()
    FOR NO KEY UPDATE OF chats, users;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF the_key IS NOT NULL THEN
        UPDATE generations SET idempotency_key = NULL
        WHERE chat_id = the_chat AND idempotency_key = the_key AND started_at < now() - interval '24 hours';
        SELECT id AS generation_id, message_id, user_message_id, error_code, request_digest AS digest
        INTO same FROM generations WHERE chat_id = the_chat AND idempotency_key = the_key;
        IF FOUND THEN
            RETURN jsonb_build_object('repeat', to_jsonb(same));
        END IF;
    END IF;
    IF message IS NULL OR NOT asked.is_active THEN
        RETURN jsonb_build_object('is_active', asked.is_active);
    END IF;
    SELECT count(*), count(*) FILTER (WHERE chat_id = the_chat) > 0 INTO running, is_running
    FROM generations WHERE status = 'running' AND user_id = the_user;
    IF is_running OR running >= most_running THEN
        RETURN jsonb_build_object('is_active', true, 'is_running', is_running);
    END IF;
    INSERT INTO generations (chat_id, user_id, agent_id, session_id, user_message_id, idempotency_key, request_digest,
        shared_log)
    VALUES (the_chat, the_user, asked.agent_id, the_session, CAST(message->>'id' AS uuid), the_key, the_digest,
        the_log)
    RETURNING id, message_id INTO opened;
    history := transcript_append(the_chat, CASE WHEN is_placed THEN '[]' ELSE jsonb_build_array(message) END,
        first_title, coalesce(CAST(asked.config->>'history_limit' AS integer), default_history), most_messages,
        most_bytes);
    RETURN jsonb_build_object('is_active', true, 'title', asked.title, 'agent_id', asked.agent_id,
        'webhook_url', asked.webhook_url, 'webhook_token', asked.webhook_token, 'system_prompt', asked.system_prompt,
        'config', asked.config, 'generation_id', opened.id, 'message_id', opened.message_id, 'history', history);
END $$
"""

# Puts the end into the row and the answer into the chat; false, with nothing done, when the chat is deleted or the
# generation has ended before.
CLOSE = """
CREATE FUNCTION generation_close(
    the_chat uuid, the_generation uuid, the_status text, the_code text, first_ms integer, chunk_count integer,
    char_count integer, message jsonb, most_messages integer, most_bytes integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM chats WHERE id = the_chat AND deleted_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE generations SET status = the_status, finished_at = now(), error_code = the_code, first_token_ms = first_ms,
        chunks = chunk_count, chars = char_count, session_id = NULL
    WHERE id = the_generation AND status = 'running';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM transcript_append(the_chat, jsonb_build_array(message), NULL, 0, most_messages, most_bytes);
    RETURN true;
END $$
"""

ADD_MESSAGES = """
CREATE OR REPLACE FUNCTION search_add_messages(chat chats, start integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tail integer := chat.message_count - jsonb_array_length(chat.messages);
BEGIN
    IF start < tail THEN
        INSERT INTO search_entries (chat_id, place, user_id, message_id, role, sent_at, words)
        SELECT chat.id, number + nth - 1, chat.user_id, {columns}
        FROM chat_pages, jsonb_array_elements(messages) WITH ORDINALITY AS item(message, nth)
        WHERE chat_id = chat.id AND number + nth > start AND number >= (
            SELECT coalesce(max(number), 0) FROM chat_pages WHERE chat_id = chat.id AND number <= start);
    END IF;
    INSERT INTO search_entries (chat_id, place, user_id, message_id, role, sent_at, words)
    SELECT chat.id, tail + nth - 1, chat.user_id, {columns}
    FROM jsonb_array_elements(chat.messages) WITH ORDINALITY AS item(message, nth)
    WHERE tail + nth > start;
END $$
""".replace(
    "{columns}",
    """CAST(message->>'id' AS uuid), message->>'role',
            CASE WHEN message->>'timestamp' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'
                THEN CAST(message->>'timestamp' AS timestamptz) ELSE chat.updated_at END,
            to_tsvector(search_text(left(coalesce(message->>'content', ''), 100000)))""",
)

ADD_MESSAGES_BEFORE = """
CREATE OR REPLACE FUNCTION search_add_messages(chat chats, start integer) RETURNS void LANGUAGE sql AS $$
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


def upgrade() -> None:
    """Make the functions; the one that indexes messages is written anew, since it is part of each exchange."""
    for statement in (SEAL, APPEND, SEND, CLOSE, ADD_MESSAGES):
        op.execute(statement)


def downgrade() -> None:
    """Drop them, and put the old one back."""
    op.execute(ADD_MESSAGES_BEFORE)
    for name in ("generation_close", "generation_send", "transcript_append", "transcript_seal"):
        op.execute(f"DROP FUNCTION {name}")
