"""The chat backend that a team would write instead: FastAPI, async SQLAlchemy with asyncpg, aiohttp, one JSONB array.

    uvicorn benchmarks.peers.fastapi_app:app --loop uvloop --http httptools

Written as the documentation of its libraries advises, and for speed where that leaves a choice: pydantic reads and
writes JSON, an append is one `||` in the database, lists leave the messages where they are, passwords are checked in a
thread, a token is believed without a look into the database. It has no event log, no resuming, no lock on a chat, no
idempotency, no limits: an answer hangs on its connection. A peer for benchmarks, not for use.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import aiohttp
import bcrypt
import jwt
from fastapi import Cookie, Depends, FastAPI, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json, to_json
from sqlalchemy import DateTime, ForeignKey, Index, String, func, select, text, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, undefer

SECRET = os.environ["JWT_SECRET_KEY"]
ALGORITHM = "HS256"
TOKEN_LIFETIME = timedelta(hours=1)
HISTORY = 50
WINDOW = 50

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=int(os.environ["DATABASE_POOL_SIZE"]))
new_session = async_sessionmaker(engine, expire_on_commit=False)


# --- tables ---------------------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    """The declarative base."""


class User(Base):
    """An account."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    team_id: Mapped[uuid.UUID]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(default="user")


class Agent(Base):
    """A workflow."""

    __tablename__ = "agents"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    team_id: Mapped[uuid.UUID]
    webhook_url: Mapped[str]
    webhook_token: Mapped[str]
    system_prompt: Mapped[str | None]
    config: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Chat(Base):
    """A conversation, its messages in one array."""

    __tablename__ = "chats"
    __table_args__ = (Index("ix_chats_list", "user_id", text("updated_at DESC"), text("id DESC")),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    team_id: Mapped[uuid.UUID]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id"))
    title: Mapped[str | None] = mapped_column(String(200))
    meta: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=text("'{}'"))
    is_archived: Mapped[bool] = mapped_column(server_default=text("false"))
    messages: Mapped[list[dict[str, Any]]] = deferred(mapped_column(JSONB, server_default=text("'[]'")))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


# --- shapes ---------------------------------------------------------------------------------------------------


class Credentials(BaseModel):
    """What signs in."""

    email: str
    password: str


class NewMessage(BaseModel):
    """What is sent."""

    content: str = Field(min_length=1, max_length=32_000)


class Message(BaseModel):
    """A message as it is stored."""

    id: uuid.UUID
    role: str
    content: str
    timestamp: str
    status: str | None = None


class ChatItem(BaseModel):
    """A chat without its messages."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    team_id: uuid.UUID
    user_id: uuid.UUID
    agent_id: uuid.UUID
    title: str | None
    metadata: dict[str, Any] = Field(validation_alias="meta")
    is_archived: bool
    created_at: datetime
    updated_at: datetime


class OpenedChat(ChatItem):
    """A chat with its newest messages."""

    messages: list[Message]


class ChatPage(BaseModel):
    """A list of chats."""

    items: list[ChatItem]


class Caller(BaseModel):
    """Who is signed in, as the token says."""

    user_id: uuid.UUID
    team_id: uuid.UUID
    role: str


# --- the application ------------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One HTTP client for the life of the process."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=900, sock_read=120)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as client:
        app.state.http = client
        yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def database() -> AsyncIterator[AsyncSession]:
    """A session for a request."""
    async with new_session() as session:
        yield session


async def signed_in(access_token: Annotated[str | None, Cookie()] = None) -> Caller:
    """The caller, from the cookie."""
    try:
        claims = jwt.decode(access_token or "", SECRET, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    return Caller(user_id=claims["sub"], team_id=claims["team_id"], role=claims["role"])


Database = Annotated[AsyncSession, Depends(database)]
SignedIn = Annotated[Caller, Depends(signed_in)]


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ok"}


@app.post("/api/auth/login")
async def login(credentials: Credentials, session: Database, response: Response) -> dict[str, str]:
    """Set the cookie of a session."""
    user = await session.scalar(select(User).where(User.email == credentials.email))
    await session.commit()  # no connection is held while the password is hashed
    if user is None or not await run_in_threadpool(
        bcrypt.checkpw, credentials.password.encode(), user.password_hash.encode()
    ):
        raise HTTPException(401)
    claims = {"sub": str(user.id), "team_id": str(user.team_id), "role": user.role}
    token = jwt.encode({**claims, "exp": datetime.now(UTC) + TOKEN_LIFETIME}, SECRET, ALGORITHM)
    response.set_cookie("access_token", token, httponly=True, samesite="strict", secure=True)
    return {"message": "Signed in"}


@app.get("/api/chats/")
async def list_chats(caller: SignedIn, session: Database, limit: int = 20) -> ChatPage:
    """The newest chats of the caller."""
    query = select(Chat).where(Chat.user_id == caller.user_id).order_by(Chat.updated_at.desc(), Chat.id.desc())
    return ChatPage(items=[ChatItem.model_validate(chat) for chat in await session.scalars(query.limit(limit))])


@app.get("/api/chats/{chat_id}")
async def get_chat(chat_id: uuid.UUID, caller: SignedIn, session: Database) -> OpenedChat:
    """A chat with its newest messages."""
    query = select(Chat).where(Chat.id == chat_id, Chat.user_id == caller.user_id).options(undefer(Chat.messages))
    chat = await session.scalar(query)
    if chat is None:
        raise HTTPException(404)
    item = ChatItem.model_validate(chat)
    return OpenedChat.model_construct(
        **dict(item), messages=[Message.model_validate(message) for message in chat.messages[-WINDOW:]]
    )


@app.post("/api/chats/{chat_id}/messages")
async def send(chat_id: uuid.UUID, body: NewMessage, caller: SignedIn, session: Database) -> StreamingResponse:
    """Store a message and stream the answer; ``done`` comes after the answer is stored."""
    query = select(Chat, Agent).join(Agent, Agent.id == Chat.agent_id).options(undefer(Chat.messages))
    row = (await session.execute(query.where(Chat.id == chat_id, Chat.user_id == caller.user_id))).one_or_none()
    if row is None:
        raise HTTPException(404)
    chat, agent = row
    message = _message("user", body.content)
    title = chat.title or body.content[:100]
    await _append(session, chat_id, message, title=title)
    await session.commit()
    call = {
        "messages": [
            {key: held[key] for key in ("role", "content", "timestamp")}
            for held in [*chat.messages, message][-HISTORY:]
        ],
        "system_prompt": agent.system_prompt,
        "config": agent.config,
        "session_id": str(chat_id),
        "message_id": message["id"],
        "user": {"id": str(caller.user_id), "role": caller.role},
        "team_id": str(caller.team_id),
    }
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return StreamingResponse(_answer(chat_id, agent, call), media_type="text/event-stream", headers=headers)


def _message(role: str, content: str, **fields: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": str(uuid.uuid4()), "role": role, "content": content, "timestamp": now, **fields}


async def _append(session: AsyncSession, chat_id: uuid.UUID, message: dict[str, Any], **values: Any) -> None:
    grown = Chat.messages + type_coerce([message], JSONB)
    values = {"messages": grown, "updated_at": func.now(), **values}
    statement = update(Chat).where(Chat.id == chat_id).values(values)
    await session.execute(statement.execution_options(synchronize_session=False))


async def _answer(chat_id: uuid.UUID, agent: Agent, call: dict[str, Any]) -> AsyncIterator[bytes]:
    generation, number = uuid.uuid4(), 0

    def frame(kind: str, data: dict[str, Any]) -> bytes:
        nonlocal number
        number += 1
        return b"id: %s:%d\ndata: %s\n\n" % (str(generation).encode(), number, to_json({"type": kind, "data": data}))

    def status(description: str, *, level: str = "info", done: bool = False) -> bytes:
        return frame("status", {"description": description, "level": level, "done": done})

    yield status("Sending request to n8n webhook...")
    pieces: list[str] = []
    headers = {"Authorization": f"Bearer {agent.webhook_token}"}
    try:
        async with app.state.http.post(agent.webhook_url, json=call, headers=headers) as response:
            response.raise_for_status()
            async for line in response.content:
                chunk = from_json(line)
                if chunk["type"] == "item":
                    pieces.append(chunk["content"])
                    yield frame("message", {"content": chunk["content"]})
    except aiohttp.ClientError:
        yield status("The workflow failed.", level="error", done=True)
        yield frame("error", {"code": "upstream_error", "message": "The workflow failed."})
        return
    message = _message("assistant", "".join(pieces), status="complete")
    async with new_session() as session:
        await _append(session, chat_id, message)
        await session.commit()
    yield status("Stream completed", done=True)
    yield frame("done", {"message": "Stream completed", "message_id": message["id"], "status": "complete"})
