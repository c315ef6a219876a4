"""Search: the words of titles and messages, found by PostgreSQL's full text search.

``query`` reads what somebody typed, ``hits`` finds, ``snippets`` shows. The entries that are searched are written by
triggers (migration 0009), in the transaction that changes a chat: whatever appends, sets aside or brings back need not
know of them.
"""

from chatstream.services.search.hits import Filters, Hit, chats_with, page
from chatstream.services.search.query import parse

__all__ = ["Filters", "Hit", "chats_with", "page", "parse"]
