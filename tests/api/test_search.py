"""Search over the API: what is found, in which order, and how it is shown."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from chatstream.extensions import db
from chatstream.models import ChatVersion
from chatstream.services import transcripts
from chatstream.services.search import hits as hits_module
from chatstream.services.search import query as query_module
from chatstream.services.transcripts import Bound
from tests.api.test_chats import open_chat
from tests.conftest import SignIn
from tests.support.purged import clear_away
from tests.support.queries import counted
from tests.support.world import Account, World


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def client(sign_in: SignIn, account: Account) -> FlaskClient:
    return sign_in(account)


@pytest.fixture
def agent(world: World, account: Account) -> str:
    return world.agent(account.team_id)


def say(app: Flask, chat_id: str, *contents: str, day: int = 1, sealed: bool = False) -> list[str]:
    """Add messages, the user's and the agent's in turn; returns their ids. ``sealed``: into pages of two."""
    messages = [
        {
            "id": str(uuid.uuid4()),
            "role": "assistant" if number % 2 else "user",
            "content": content,
            "timestamp": f"2026-01-{day:02}T00:00:00.000Z",
        }
        for number, content in enumerate(contents)
    ]
    with app.app_context():
        bound = Bound(messages=2, bytes=1 << 20) if sealed else transcripts.BOUND
        transcripts.extend(uuid.UUID(chat_id), messages, bound=bound)
        db.session.commit()
    return [message["id"] for message in messages]


def hits(client: FlaskClient, q: str, **filters: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/search", query_string={"q": q, **filters})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def found(client: FlaskClient, q: str, **filters: Any) -> set[str]:
    """The texts of the messages found."""
    return {hit["message"]["content"] for hit in hits(client, q, **filters)}


def test_a_hit_is_a_message_with_its_chat(app: Flask, client: FlaskClient, agent: str) -> None:
    chat = open_chat(client, agent, title="Groceries")
    ids = say(app, chat["id"], "Where are the <b>bananas</b> & pears?", "On the shelf.")
    (hit,) = hits(client, "bananas")
    assert hit.pop("rank") > 0
    assert hit == {
        "chat_id": chat["id"],
        "chat_title": "Groceries",
        "message": {
            "id": ids[0],
            "role": "user",
            "content": "Where are the <b>bananas</b> & pears?",
            "timestamp": "2026-01-01T00:00:00.000Z",
        },
        "snippet": "Where are the &lt;b&gt;<mark>bananas</mark>&lt;/b&gt; &amp; pears?",
    }


SENTENCES = [
    "The quick brown fox jumps",
    "A brown and quick FOX",
    "Das Café in Zürich, schön",
    "Привет, МИР! Как дела?",
    "今天的天气很好。明日は晴れ",
    "مرحبًا بالعالم",
    "שָׁלוֹם עולם",
    "ภาษาไทยสวย",
    "foo_bar/baz.qux-e-mail@example.org 3.14",
    "한국어 검색",
    "हिन्दी में खोज",
    "Don\u2019t \u201cquote\u201d me\u2014ever…",
]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("fox", {0, 1}),
        ("FOX quick", {0, 1}),
        ('"quick brown"', {0}),
        ('"brown quick"', set()),
        ("fox -jumps", {1}),
        ('brown -"quick brown"', {1}),
        ("qui", {0, 1}),
        ("qui fox", set()),
        ('"qui"', set()),
        ("cafe", {2}),
        ("CAFÉ zurich", {2}),
        ("мир", {3}),
        ("天气", {4}),
        ("气天", set()),
        ("明日", {4}),
        ("العالم", set()),
        ("بالعالم", {5}),
        ("مرحبا", {5}),
        ("שלום", {6}),
        ("ไทย", {7}),
        ("baz", {8}),
        ("e-mail", {8}),
        ("example.org", {8}),
        ("3.14", {8}),
        ("foo_bar", {8}),
        ("검색", {9}),
        ("हिन्दी", {10}),
        ("quote", {11}),
        ("don't", {11}),
        ("ever", {11}),
        ("!!! ---", set()),
        ('"', set()),
        ("-fox", None),
        ("'); DROP TABLE chats; --", set()),
        ("fox & | ! <-> (:* ", {0, 1}),
    ],
)
def test_words_of_any_language(app: Flask, client: FlaskClient, agent: str, q: str, expected: set[int] | None) -> None:
    say(app, open_chat(client, agent, title="x")["id"], *SENTENCES, sealed=True)
    if expected is None:
        answer = client.get("/api/search", query_string={"q": q})
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["q"])
    else:
        assert found(client, q) == {SENTENCES[number] for number in expected}


def test_what_is_set_aside_is_not_found_until_it_comes_back(app: Flask, client: FlaskClient, agent: str) -> None:
    chat_id = uuid.UUID(open_chat(client, agent)["id"])
    bound = Bound(messages=2, bytes=1 << 20)
    ids = say(app, str(chat_id), *(f"needle {number}" for number in range(7)), sealed=True)
    with app.app_context():
        version = ChatVersion(chat_id=chat_id, message_id=uuid.UUID(ids[3]), number=1, is_current=False)
        db.session.add(version)
        db.session.flush()
        assert transcripts.rewind(chat_id, ids[3], version_id=version.id)
        db.session.commit()
        version_id = version.id
    assert found(client, "needle") == {f"needle {number}" for number in range(3)}
    say(app, str(chat_id), "needle anew")
    assert found(client, "needle") == {f"needle {number}" for number in range(3)} | {"needle anew"}
    with app.app_context():
        transcripts.bring_back(chat_id, version_id, bound=bound)
        db.session.commit()
    assert found(client, "needle") == {f"needle {number}" for number in range(7)} | {"needle anew"}
    client.delete(f"/api/chats/{chat_id}")
    assert hits(client, "needle") == []
    clear_away(app)
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM search_entries")) == 0


def test_titles_are_found(app: Flask, client: FlaskClient, agent: str) -> None:
    chat = open_chat(client, agent, title="Invoices <March>")
    (hit,) = hits(client, "invoices march")
    assert (hit["message"], hit["snippet"]) == (None, "<mark>Invoices</mark> &lt;<mark>March</mark>&gt;")
    say(app, chat["id"], "Invoices of March")
    assert [hit["message"] is None for hit in hits(client, "invoices")] == [False]
    client.put(f"/api/chats/{chat['id']}", json={"title": "Bills"})
    assert len(hits(client, "bills")) == 1
    assert len(hits(client, "march")) == 1


def test_filters(app: Flask, world: World, client: FlaskClient, agent: str, account: Account) -> None:
    other = world.agent(account.team_id)
    first, second = open_chat(client, agent)["id"], open_chat(client, other)["id"]
    say(app, first, "apple one", "apple two", day=1)
    say(app, second, "apple three", day=20)
    client.put(f"/api/chats/{second}", json={"is_archived": True})
    assert len(hits(client, "apple")) == 3
    assert found(client, "apple", agent_id=other) == {"apple three"}
    assert found(client, "apple", archived="false") == {"apple one", "apple two"}
    assert found(client, "apple", role="assistant") == {"apple two"}
    assert found(client, "apple", **{"from": "2026-01-20T00:00:00Z"}) == {"apple three"}
    assert found(client, "apple", to="2026-01-20T00:00:00Z") == {"apple one", "apple two"}


@pytest.mark.parametrize("few", [5000, 0])
def test_pages_neither_skip_nor_repeat_and_the_best_come_first(
    app: Flask, client: FlaskClient, agent: str, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(query_module, "FEW", few)
    monkeypatch.setattr(hits_module, "FOUND", few)  # both ways of PostgreSQL to go about it
    chat_id = open_chat(client, agent)["id"]
    say(
        app,
        chat_id,
        *("apple " + "filler " * (3 + number % 4) for number in range(30)),
        "apple filler apple filler",
        sealed=True,
    )
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get(
            "/api/search", query_string={"q": "apple", "limit": 7} | ({"cursor": cursor} if cursor else {})
        )
        seen += page.get_json()["items"]
        cursor = page.get_json()["next_cursor"]
        if cursor is None:
            break
    assert len({hit["message"]["id"] for hit in seen}) == len(seen) == 31
    assert seen[0]["message"]["content"] == "apple filler apple filler"
    assert [item["id"] for item in client.get("/api/chats/?q=filler").get_json()["items"]] == [chat_id]
    assert [hit["rank"] for hit in seen] == sorted((hit["rank"] for hit in seen), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "!!!", "MC4xIDIgMyA0", "bmFuIDIgMyA0"])
def test_a_bad_cursor_is_refused(client: FlaskClient, cursor: str) -> None:
    answer = client.get("/api/search", query_string={"q": "x", "cursor": cursor})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["cursor"])


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=a&role=system", "q=a&from=yesterday", f"q={'x' * 201}"])
def test_a_bad_query_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/search?{query}").status_code == 422


@pytest.mark.parametrize("role", ["user", "admin"])
def test_nobody_elses_words_are_found(
    app: Flask, world: World, sign_in: SignIn, client: FlaskClient, agent: str, account: Account, role: Any
) -> None:
    say(app, open_chat(client, agent, title="secret")["id"], "secret plan")
    for team in (account.team_id, world.team()):
        stranger = sign_in(world.account(team, role=role))
        assert hits(stranger, "secret") == []
        assert stranger.get("/api/chats/?q=secret").get_json()["items"] == []


def test_the_list_of_chats_is_searched(app: Flask, client: FlaskClient, agent: str) -> None:
    plain, titled, said = (open_chat(client, agent, title=title)["id"] for title in ("a", "Bananas", "c"))
    say(app, plain, "nothing of the kind")
    say(app, said, "a banana", "bananas, many")
    page = client.get("/api/chats/?q=banana").get_json()
    assert [item["id"] for item in page["items"]] == [said, titled]
    assert client.get("/api/chats/?q=...").get_json()["items"] == []
    first = client.get("/api/chats/?q=banana&limit=1").get_json()
    second = client.get(f"/api/chats/?q=banana&limit=1&cursor={first['next_cursor']}").get_json()
    assert [page["items"][0]["id"] for page in (first, second)] == [said, titled]


def test_a_search_takes_the_same_queries_for_one_hit_and_for_many(app: Flask, client: FlaskClient, agent: str) -> None:
    counts = []
    for number in (1, 19):
        for _ in range(number):
            say(app, open_chat(client, agent)["id"], "apple", "apple pie")
        with counted(app) as seen:
            assert len(hits(client, "apple")) == min(2 * number, 20)
        counts.append(len(seen))
        with counted(app) as seen:
            client.get("/api/chats/?q=apple")
        counts.append(len(seen))
    assert counts == [3, 3, 3, 3]


def test_an_answer_of_any_size_can_be_stored(app: Flask, client: FlaskClient, agent: str) -> None:
    """PostgreSQL refuses vectors of more than 1 MiB."""
    numbers = " ".join(f"é{number}" for number in range(150_000))
    unspaced = "".join(chr(0x4E00 + number % 20_000) for number in range(500_000))
    ligatures = "\ufdfa" * 100_000
    say(app, open_chat(client, agent)["id"], f"needle {numbers}", unspaced, ligatures, "x" * 1_000_000)
    assert len(hits(client, "needle")) == 1
