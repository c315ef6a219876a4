"""The shared log of all workers: what other workers follow, and what a killed worker leaves behind.

Events reach it coalesced: one write for everything that a worker's generations have said in some 200 ms. Two
implementations behind one interface: PostgreSQL (the default), and Redis Streams where REDIS_URL is set; nobody else
imports the latter, for its client is a large package.
"""

from chatstream.services.shared_log.interface import KEPT_S, Batch, SharedLog
from chatstream.services.shared_log.postgres import PostgresLog

__all__ = ["KEPT_S", "Batch", "PostgresLog", "SharedLog"]
