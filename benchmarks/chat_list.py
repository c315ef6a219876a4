"""What a page of the list costs when one user has 100,000 chats, beside a hundredth of them.

    python -m benchmarks.chat_list [chats]

100000 chats unless given, of two messages each. Times are those of the service, in milliseconds. The deep page is the
one after 99 % of the chats: the thousandth, with 20 on each.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable

from sqlalchemy import select

from benchmarks import population
from benchmarks.stage import Stage
from chatstream.extensions import db
from chatstream.models import Chat
from chatstream.services import chats
from chatstream.services.keyset import encode_cursor
from chatstream.services.principals import Principal

CHATS = 100_000
AT_ONCE = 5_000
PAGE = 20
ROUNDS = 200

Times = tuple[float, float]


class Bench:
    """One user and its chats."""

    def __init__(self, stage: Stage) -> None:
        self.team_id = stage.world.team()
        self.agent_id = stage.world.agent(self.team_id)
        population.prepare()
        (user_id,) = population.users(self.team_id, 1)
        self.principal = Principal(user_id=user_id, team_id=self.team_id, session_id=uuid.uuid4(), role="user")
        self.count = 0

    def grow(self, count: int) -> None:
        """Add chats until there are so many."""
        while self.count < count:
            some = min(AT_ONCE, count - self.count)
            population.chats(self.team_id, self.principal.user_id, self.agent_id, count=some, length=2)
            self.count += some
        population.settle()

    def acts(self) -> dict[str, Callable[[], object]]:
        """What is measured, by name."""
        deep = self._cursor(min(999 * PAGE, self.count * 99 // 100))
        return {
            "first page": lambda: self._page(),
            "deep page": lambda: self._page(cursor=deep),
            "deep page, not archived": lambda: self._page(cursor=deep, archived=False),
            "deep page of an agent": lambda: self._page(cursor=deep, agent_id=uuid.UUID(self.agent_id)),
            "rare word": lambda: self._page(q=f"{population.word(30_000)} "),
            "frequent word": lambda: self._page(q=f"{population.word(2)} "),
        }

    def _page(self, *, cursor: str | None = None, **filters: object) -> None:
        chats.page(self.principal, limit=PAGE, cursor=cursor, **filters)  # type: ignore[arg-type]
        db.session.rollback()

    def _cursor(self, after: int) -> str:
        order = (Chat.updated_at.desc(), Chat.id.desc())
        query = select(Chat.updated_at, Chat.id).where(Chat.user_id == self.principal.user_id).order_by(*order)
        row = db.session.execute(query.offset(after - 1).limit(1)).one()
        return encode_cursor(row[0], row[1])


def measure(act: Callable[[], object]) -> Times:
    """p50 and p95, in milliseconds."""
    took = []
    for number in range(ROUNDS + 10):
        started = time.perf_counter()
        act()
        if number >= 10:  # the first ones warm up
            took.append((time.perf_counter() - started) * 1000)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.95)]


def main() -> None:
    """Measure at both sizes, and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CHATS
    with Stage() as stage, stage.app.app_context():
        bench = Bench(stage)
        results: dict[str, list[Times]] = {}
        for size in (max(PAGE, count // 100), count):
            bench.grow(size)
            for name, act in bench.acts().items():
                results.setdefault(name, []).append(measure(act))
        print("                             a hundredth        all of them")
        print("                            p50      p95      p50      p95    p50:p50")
        for name, (few, many) in results.items():
            times = f"{few[0]:8.2f} {few[1]:8.2f} {many[0]:8.2f} {many[1]:8.2f}"
            print(f"{name:<24} {times} {many[0] / few[0]:8.2f}")
        for name, act in bench.acts().items():
            print(name, population.plan(act, "chats "))


if __name__ == "__main__":
    main()
