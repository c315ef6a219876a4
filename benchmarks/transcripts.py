"""What a chat's length costs: transcripts in pages, beside the same in one array.

    python -m benchmarks.transcripts [longest]
    python -m benchmarks.transcripts bounds

Messages of 800 bytes; ``longest`` is 10000 unless given. ``bounds`` compares sizes of pages instead. Times are means in
milliseconds, commits included, so that sealing is in them. A send is what intake and the end of an answer do to the
transcript: a message, the newest 50 for the workflow, commit, the answer, commit.
"""

from __future__ import annotations

import random
import sys
import time
import uuid

from benchmarks.stage import Stage
from chatstream.extensions import db
from chatstream.services import deleting, transcripts
from chatstream.services.principals import Principal
from chatstream.services.transcripts import BOUND, Bound, Message

NEVER = Bound(messages=1_000_000_000, bytes=1_000_000_000)
ROUNDS = 200
LIMIT_S = 5.0
"""A measure that is this slow is taken fewer times."""
WORDS = [uuid.uuid4().hex[: 3 + number % 8] for number in range(2000)]


def message(role: str = "user") -> Message:
    """A message of some 800 bytes, which compress as text does."""
    content = " ".join(random.choices(WORDS, k=100))
    return {"id": str(uuid.uuid4()), "role": role, "content": content, "timestamp": "2026-11-24T12:00:00.000Z"}


class Subject:
    """A chat of some length, and what is done to it."""

    def __init__(self, owner: Principal, chat_id: uuid.UUID, length: int, bound: Bound) -> None:
        self.owner = owner
        self.chat_id = chat_id
        self.bound = bound
        self.old: list[str] = []
        for first in range(0, length, 10_000):
            messages = [message() for _ in range(min(10_000, length - first))]
            self.old += [held["id"] for held in messages[:5000:50]]
            transcripts.extend(chat_id, messages, bound=bound)
        db.session.commit()

    def append(self) -> None:
        """One message more."""
        transcripts.append(self.chat_id, message(), bound=self.bound)

    def newest(self) -> None:
        """What opening the chat shows."""
        transcripts.newest(self.chat_id, limit=50)

    def older(self) -> None:
        """The page before a message near the start."""
        transcripts.before(self.chat_id, random.choice(self.old), limit=50)

    def find(self) -> None:
        """A message near the start."""
        assert transcripts.find(self.chat_id, random.choice(self.old))

    def send(self) -> None:
        """A message, the history, the answer."""
        self.append()
        transcripts.newest(self.chat_id, limit=50)
        db.session.commit()
        transcripts.append(self.chat_id, message("assistant"), bound=self.bound)

    def delete(self) -> None:
        """What the user waits for; the rest is taken away later."""
        deleting.delete_chat(self.owner, self.chat_id)


def mean_ms(subjects: dict[int, list[Subject]], act: str) -> list[float]:
    """The mean time of an act and its commit at each length. Lengths take turns, so that they share the noise."""
    spent = dict.fromkeys(subjects, 0.0)
    done = dict.fromkeys(subjects, 0)
    for turn in range(ROUNDS):
        for length, copies in subjects.items():
            if spent[length] > LIMIT_S or (act == "delete" and turn >= len(copies)):
                continue
            begun = time.perf_counter()
            getattr(copies[turn % len(copies)], act)()
            db.session.commit()
            spent[length] += time.perf_counter() - begun
            done[length] += 1
    return [spent[length] / done[length] * 1000 for length in subjects]


def measure(stage: Stage, lengths: list[int], bound: Bound) -> dict[str, list[float]]:
    """The time of each act on fresh chats: so many that short ones stay short while messages are added."""
    account = stage.world.account()
    agent_id = stage.world.agent(account.team_id)
    with stage.app.app_context():
        times = {}
        for acts in (("newest", "older", "find", "append"), ("send",), ("delete",)):
            subjects = {}
            for length in lengths:
                chats = stage.chats(account, agent_id, 40 if length <= 10 else 20 if length <= 100 else 3)
                subjects[length] = [Subject(account.principal, uuid.UUID(chat_id), length, bound) for chat_id in chats]
            db.session.execute(db.text("CHECKPOINT"))
            db.session.commit()
            times |= {act: mean_ms(subjects, act) for act in acts}
        return times


def show(name: str, lengths: list[int], times: dict[str, list[float]]) -> None:
    """A table of one way to keep messages."""
    print(f"{name:<10}" + "".join(f"{length:>10}" for length in lengths) + "   last:first")
    for act, values in times.items():
        print(f"  {act:<8}" + "".join(f"{value:10.2f}" for value in values) + f"{values[-1] / values[0]:10.1f}")


def show_bounds(stage: Stage) -> None:
    """What the bound does to a chat of 1000 messages."""
    for messages in (10, 20, 50, 100, 200):
        times = measure(stage, [1000], Bound(messages=messages, bytes=NEVER.bytes))
        print(f"pages of {messages:<4}" + "".join(f"  {act} {value:.2f}" for act, (value,) in times.items()))


def main() -> None:
    """Measure all lengths, and print a table; or the bounds."""
    which = sys.argv[1] if len(sys.argv) > 1 else "10000"
    with Stage() as stage:
        measure(stage, [100], BOUND)  # warms up
        stage.ask("ANALYZE")
        if which == "bounds":
            show_bounds(stage)
            return
        lengths = [length for length in (10, 100, 1000, 10_000, 100_000) if length <= int(which)]
        for name, bound in (("pages", BOUND), ("one array", NEVER)):
            show(name, lengths, measure(stage, lengths, bound))


if __name__ == "__main__":
    main()
