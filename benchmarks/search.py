"""What a search costs when a million messages are stored, beside a hundredth of them.

    python -m benchmarks.search [messages]

1000000 messages unless given, of users with 1000 each in 10 chats; the hundredth are users with as many each. Times are
those of the service, in milliseconds: the query read, the hits found and ranked, their messages fetched, snippets made.
Then a user with HEAVY messages more, whose entries are found by their words, not by their owner; and the plans of both.
"""

from __future__ import annotations

import random
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from benchmarks import population
from benchmarks.stage import Stage
from chatstream.extensions import db
from chatstream.services import chats, search, transcripts
from chatstream.services.principals import Principal

MESSAGES = 1_000_000
CHATS, LENGTH = 10, 100
ROUNDS = 150
HEAVY = 30_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of search, and how many words it knows to try."""

    name: str
    typed: Callable[[random.Random], str]


def kinds() -> list[Kind]:
    """What people type, from words that everybody says to words that nearly nobody does."""
    often, seldom = [population.word(n) for n in range(2, 12)], [population.word(n) for n in range(20_000, 20_200)]
    middle = [population.word(n) for n in range(300, 500)]
    return [
        Kind("frequent word", lambda dice: f"{dice.choice(often)} "),
        Kind("rare word", lambda dice: f"{dice.choice(seldom)} "),
        Kind("two letters", lambda dice: dice.choice(middle)[:2]),
        Kind("two words, as typed", lambda dice: f"{dice.choice(often)} {dice.choice(middle)[:4]}"),
        Kind("phrase", lambda dice: f'"{dice.choice(often)} {dice.choice(often)}"'),
        Kind("minus", lambda dice: f"{dice.choice(middle)} -{dice.choice(often)}"),
    ]


class Bench:
    """A team whose users have a thousand messages each."""

    def __init__(self, stage: Stage) -> None:
        self.team_id = stage.world.team()
        self.agent_id = stage.world.agent(self.team_id)
        self.users: list[uuid.UUID] = []
        population.prepare()
        self.kinds = kinds()

    def grow(self, messages: int) -> None:
        """Add users until there are so many messages."""
        count = max(1, messages // (CHATS * LENGTH)) - len(self.users)
        for user_id in population.users(self.team_id, count):
            population.chats(self.team_id, user_id, self.agent_id, count=CHATS, length=LENGTH)
            self.users.append(user_id)
        population.settle()

    def add_heavy(self) -> Principal:
        """A user with HEAVY messages."""
        (user_id,) = population.users(self.team_id, 1)
        population.chats(self.team_id, user_id, self.agent_id, count=HEAVY // LENGTH, length=LENGTH)
        population.settle()
        return self._principal(user_id)

    def plans(self, principal: Principal) -> None:
        """Print how the entries of a user are found."""
        dice = random.Random(3)
        for kind in self.kinds:
            typed = kind.typed(dice)
            plan = population.plan(lambda: self.search(typed, principal), "search_entries")  # noqa: B023
            print(kind.name, [node for node in plan if "search_entries" in node])

    def principal(self, dice: random.Random) -> Principal:
        """One of the users."""
        return self._principal(dice.choice(self.users))

    def _principal(self, user_id: uuid.UUID) -> Principal:
        return Principal(user_id=user_id, team_id=self.team_id, session_id=uuid.uuid4(), role="user")

    def search(self, typed: str, principal: Principal) -> int:
        """Search; returns the number of hits on the page."""
        page = search.page(principal, typed, limit=20, cursor=None, filters=search.Filters())
        db.session.rollback()
        return len(page.items)

    def listed(self, typed: str, principal: Principal) -> int:
        """The same in the list of chats."""
        page = chats.page(principal, limit=20, cursor=None, q=typed)
        db.session.rollback()
        return len(page.items)

    def measure(
        self, act: Callable[[str, Principal], int], kind: Kind, whose: Principal | None = None
    ) -> tuple[float, float, float]:
        """p50 and p95 in milliseconds, and the mean number of hits; of any user's, unless it is said ``whose``."""
        dice, took, hits = random.Random(1), [], 0
        for number in range(ROUNDS + 10):
            typed, principal = kind.typed(dice), whose or self.principal(dice)
            started = time.perf_counter()
            hits += act(typed, principal)
            if number >= 10:  # the first ones warm up
                took.append((time.perf_counter() - started) * 1000)
        took.sort()
        return took[len(took) // 2], took[int(len(took) * 0.95)], hits / (ROUNDS + 10)

    def append(self) -> float:
        """The mean of a message added to a chat, commit included."""
        dice = random.Random(2)
        ids = db.session.execute(text("SELECT id FROM chats LIMIT 200")).scalars().all()
        words = [population.word(n) for n in dice.sample(range(1, 20_000), 100)]
        started = time.perf_counter()
        for chat_id in ids:
            content = " ".join(dice.sample(words, 60))
            told = {"id": str(uuid.uuid4()), "role": "user", "content": content, "timestamp": "2026-11-24T12:00:00Z"}
            transcripts.append(chat_id, told)
            db.session.commit()
        return (time.perf_counter() - started) * 1000 / len(ids)


def main() -> None:
    """Measure at both sizes, and print a table."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    with Stage() as stage, stage.app.app_context():
        bench = Bench(stage)
        results: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        for size in (messages // 100, messages):
            started = time.perf_counter()
            bench.grow(size)
            print(f"{size} messages of {len(bench.users)} users, made in {time.perf_counter() - started:.0f} s")
            for kind in bench.kinds:
                for place, act in (("search", bench.search), ("list", bench.listed)):
                    results.setdefault((place, kind.name), []).append(bench.measure(act, kind))
        print("                                    a hundredth        all of them")
        print("                                   p50      p95      p50      p95    p50:p50   hits")
        for (place, name), (few, many) in results.items():
            times = f"{few[0]:8.2f} {few[1]:8.2f} {many[0]:8.2f} {many[1]:8.2f}"
            print(f"{place:<7} {name:<22} {times} {many[0] / few[0]:8.2f} {many[2]:8.1f}")
        print(f"append {bench.append():.2f} ms")
        print("\nplans for one of them")
        bench.plans(bench.principal(random.Random(3)))
        heavy = bench.add_heavy()
        print(f"\na user with {HEAVY} messages")
        for kind in bench.kinds:
            p50, p95, found = bench.measure(bench.search, kind, heavy)
            print(f"search  {kind.name:<22} {p50:8.2f} {p95:8.2f} {found:8.1f} hits")
        bench.plans(heavy)
        sizes = "SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class WHERE relname = ANY(:names)"
        names = ["chats", "chat_pages", "search_entries", "ix_search_entries_words"]
        for name, size in db.session.execute(text(sizes), {"names": names}):
            print(f"{name:<24} {size}")


if __name__ == "__main__":
    main()
