"""Whatever text a workflow sends: the pieces a client joins are the stored answer."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.person import Person
from tests.support.raw_server import CaptureServer
from tests.support.world import Account, World

HOSTILE = st.sampled_from(
    [
        "\u2028", "\u2029", "\x85", "\0", "\ud800", "\udc00", "\ud83d", "\ude00", "🌍", "\r", "\n", "\r\n",
        "\r\n\r\n", '"', "\\", "\\u0000", "data: x", "\n\ndata: {}\n\n", "event: done\n", "id: 1\n", "[DONE]",
        "</script>", "\ufeff", '{"type":"end"}', "\x1b[0m", "é", "\x7f", " ",
    ]
)  # fmt: skip
PIECES = st.lists(st.one_of(HOSTILE, st.text(st.characters(), min_size=1, max_size=20)), min_size=1, max_size=12)


def as_lines(pieces: list[str]) -> bytes:
    meta = {"nodeId": "n", "nodeName": "Agent", "runIndex": 0, "itemIndex": 0}
    lines = [
        {"type": "begin", "metadata": meta},
        *({"type": "item", "content": piece, "metadata": meta} for piece in pieces),
        {"type": "end", "metadata": meta},
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def as_events(pieces: list[str]) -> bytes:
    events = [*(json.dumps({"content": piece}) for piece in pieces), "[DONE]"]
    return "".join(f"data: {event}\n\n" for event in events).encode()


def as_json(pieces: list[str]) -> bytes:
    return json.dumps({"output": "".join(pieces)}).encode()


def cleaned(pieces: list[str]) -> str:
    """Pairs of surrogates joined, halves and NUL replaced, as the contract says of answers."""
    joined = "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("form", [as_lines, as_events, as_json], ids=["lines", "events", "json"])
def test_joined_pieces_are_the_stored_answer(
    world: World, person: Callable[[Account], Person], form: Callable[[list[str]], bytes]
) -> None:
    account = world.account()
    client = person(account)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(pieces=PIECES, seed=st.integers(0, 1 << 16))
    def check(pieces: list[str], seed: int) -> None:
        body = form(pieces)
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n" % len(body)
        with CaptureServer([(0, head + body)], split="random", seed=seed) as workflow:
            agent_id = world.agent(account.team_id, f"http://127.0.0.1:{workflow.port}/x")
            chat_id = client.open_chat(agent_id)
            stream = client.send(chat_id)
            answer = client.chat(chat_id)["messages"][-1]
        assert stream.end[0] == "done", stream.end
        assert stream.text == answer["content"] == cleaned(pieces)

    check()
