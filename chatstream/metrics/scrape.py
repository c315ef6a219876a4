"""What Prometheus reads: the counts of all workers, dead ones included, added up."""

from __future__ import annotations

import fcntl
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from chatstream.metrics.folder import GONE

__all__ = ["CONTENT_TYPE", "text"]

MANY_GONE: Final = 16
"""So many files of dead workers are put together into one of each kind, so that reloads do not make scrapes slower."""
ATTEMPTS: Final = 5


def text(folder: Path | None) -> bytes:
    """The exposition of all workers that share ``folder``; of this process alone without one."""
    if folder is None:
        return generate_latest(REGISTRY)
    with (folder / "scrape").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # one at a time, over all workers
        _put_together(folder)
        return _collected(folder)


def _collected(folder: Path) -> bytes:
    for _ in range(ATTEMPTS):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
        try:
            return generate_latest(registry)
        except FileNotFoundError:
            continue  # a worker has died meanwhile, and its files have been renamed
    raise RuntimeError("workers die faster than their counts can be read")


def _put_together(folder: Path) -> None:
    """Make one file of what dead workers have counted. A kill in here loses counts, and never counts twice."""
    gone = list(folder.glob(f"*_{GONE}-*.db"))
    if len(gone) < MANY_GONE:
        return
    by_kind = defaultdict(list)
    for file in gone:
        by_kind[file.name.partition("_")[0]].append(file)
    for kind, files in by_kind.items():
        _merge(folder / f"{kind}_{GONE}.db", files)


def _merge(into: Path, files: Iterable[Path]) -> None:
    sources = [*files, *([into] if into.exists() else [])]
    fresh = into.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    counts: Any = MmapedDict(str(fresh))  # type: ignore[no-untyped-call]
    merge: Any = MultiProcessCollector.merge
    for metric in merge([str(file) for file in sources], accumulate=False):
        for sample in metric.samples:
            labels = list(sample.labels), list(sample.labels.values())
            counts.write_value(mmap_key(metric.name, sample.name, *labels, metric.documentation), sample.value, 0)
    counts.close()
    for file in sources:
        file.unlink()
    fresh.replace(into)
