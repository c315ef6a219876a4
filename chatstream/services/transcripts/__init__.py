"""Transcripts: the messages of a chat. The one place that touches ``chats.messages`` and the pages.

A message is ``{"id", "role", "content", "timestamp"}``; an answer has ``"status"`` as well, either may have
``"metadata"``. ``chats.messages`` is the live tail of the transcript. PostgreSQL rewrites a JSONB value as a whole, so
an append costs what the tail holds; when it passes a bound it is sealed as a row of ``chat_pages``, in the same
transaction, and an append costs the same in a chat of any length.

A *place* is the number of messages before one: pages are numbered by the place of their first message, so that a
window into the transcript is a range of their key. Pages also carry the ids of their messages, for an index to find
one by.

``reading`` needs no lock: each function is one statement, and sees the transcript at one instant. What writes changes
a message or moves many, so it wants the row of the chat locked from the first look to the commit.
"""

from chatstream.services.transcripts.aside import Outline, find_aside, outline, outlines
from chatstream.services.transcripts.message import Message
from chatstream.services.transcripts.reading import at, before, between, contains, find, newest, place_of
from chatstream.services.transcripts.rewinding import bring_back, rewind
from chatstream.services.transcripts.writing import BOUND, Bound, append, extend, lock, replace

__all__ = [
    "BOUND",
    "Bound",
    "Message",
    "Outline",
    "append",
    "at",
    "before",
    "between",
    "bring_back",
    "contains",
    "extend",
    "find",
    "find_aside",
    "lock",
    "newest",
    "outline",
    "outlines",
    "place_of",
    "replace",
    "rewind",
]
