"""A signed-in person at a real server, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import requests

from tests.support.frames import Stream, read
from tests.support.world import PASSWORD, Account


class Person:
    """Does over HTTP what a client of ours does."""

    def __init__(self, url: str, account: Account, *, trusted: Path | None = None) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(trusted) if trusted else True
        answer = self.post("/api/auth/login", {"email": account.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET."""
        return self.http.get(self.url + path, timeout=60, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """POST a JSON body."""
        return self.http.post(self.url + path, json=body, timeout=60, **options)

    def open_chat(self, agent_id: str) -> str:
        """The id of a new chat."""
        answer = self.post("/api/chats/", {"agent_id": agent_id})
        assert answer.status_code == 201, answer.text
        chat_id: str = answer.json()["id"]
        return chat_id

    def chat(self, chat_id: str) -> dict[str, Any]:
        """The chat as it is stored."""
        answer = self.get(f"/api/chats/{chat_id}")
        assert answer.status_code == 200, answer.text
        chat: dict[str, Any] = answer.json()
        return chat

    def begin(self, chat_id: str, content: str = "Hello", **options: Any) -> requests.Response:
        """Send a message; the answer is to be read by the caller."""
        return self.post(f"/api/chats/{chat_id}/messages", {"content": content}, stream=True, **options)

    def send(self, chat_id: str, content: str = "Hello") -> Stream:
        """Send a message and read the stream to its end."""
        with self.begin(chat_id, content) as response:
            return read(response)

    def ask_again(self, chat_id: str, place: int, content: str | None) -> requests.Response:
        """Edit the message at a place, or regenerate the last answer; the new one is to be read by the caller."""
        if content is None:
            return self.post(f"/api/chats/{chat_id}/regenerate", stream=True)
        message_id = self.chat(chat_id)["messages"][place]["id"]
        url = f"{self.url}/api/chats/{chat_id}/messages/{message_id}"
        return self.http.put(url, json={"content": content}, stream=True, timeout=60)
