"""Putting an answer on a socket: in time, framed, and ended in the way that was asked for."""

from __future__ import annotations

import enum
import errno
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

import gevent
import gevent.socket

from chatstream.n8n_sim.formats import KEEPALIVE, TERMINATOR, chunk

WRITE_S = 60.0  # a client that reads nothing for so long is gone
BATCH_BYTES = 16 << 10
_WATCHED_S = 0.25  # waits from here on notice a client that leaves
_LINGER_0 = struct.pack("ii", 1, 0)


class Act(enum.Enum):
    """A step of an answer that is not bytes."""

    PACE = "wait until the next item is due"
    FINISH = "end the body as HTTP wants it"
    CLOSE = "close the socket, nothing more"
    RESET = "close it with a RST"
    HANG = "nothing more, the socket stays open until the client goes"


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so long."""

    seconds: float


Step = bytes | Act | Pause


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: ``head`` goes out at once, then the steps, each bytes step as one chunk where it is chunked."""

    head: bytes
    steps: Iterator[Step]
    chunked: bool = False
    gzip: bool = False  # the steps are plain, the wire is not
    keep_open: bool = True  # after FINISH the connection takes the next request
    pace_s: float = 0.0
    keepalive_s: float | None = None
    drip_s: float | None = None  # the body goes byte by byte


class ClientGone(ConnectionError):
    """The client closed before the answer was over."""


class Player:
    """Plays one reply on one connection.

    Bytes are gathered and sent when a step waits, so that a flat-out answer costs a write per 16 KiB and a paced one
    a write per item.
    """

    def __init__(self, sock: gevent.socket.socket, reply: Reply) -> None:
        self._socket = sock
        self._reply = reply
        self._waiting: list[bytes] = []
        self._size = 0
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, 31) if reply.gzip else None
        self._frame = self._framing()
        self._due = 0.0
        self._keepalive_due = 0.0

    def play(self) -> bool:
        """True when the connection can take another request. OSError when the client went."""
        self._socket.settimeout(WRITE_S)
        # Whoever is about to get bytes at once gets them together with the head; a drip is of the body only.
        self._gather(self._reply.head)
        if self._reply.drip_s is not None:
            self._flush(dripping=False)
        self._keepalive_due = monotonic() + (self._reply.keepalive_s or 0)
        frame = self._frame
        pace = self._reply.pace_s
        for step in self._reply.steps:
            if isinstance(step, bytes):
                self._gather(frame(step))
            elif step is Act.PACE:
                if pace:
                    self._flush()
                    self._until_due(pace)
            elif isinstance(step, Pause):
                self._flush()
                self._wait(step.seconds)
            else:
                return self._end(step)
        raise AssertionError("an answer without an end")

    def _framing(self) -> Callable[[bytes], bytes]:
        deflate = self._deflate
        if deflate is None:
            return chunk if self._reply.chunked else bytes
        return lambda payload: chunk(deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))

    def _gather(self, data: bytes) -> None:
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= BATCH_BYTES:
            self._flush()
            gevent.sleep(0)  # the others' turn: a write that does not block does not yield

    def _flush(self, *, dripping: bool = True) -> None:
        if not self._waiting:
            return
        data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        if self._reply.drip_s is not None and dripping:
            for position in range(len(data)):
                self._socket.sendall(data[position : position + 1])
                self._rest(self._reply.drip_s)
            return
        sent = self._socket.send(data)
        if sent < len(data):
            self._socket.sendall(data[sent:])

    def _until_due(self, pace: float) -> None:
        """Times are kept on a grid, so that N tokens a second are N a second under load as well."""
        now = monotonic()
        self._due = self._due + pace if self._due else now
        if self._due > now:
            self._wait(self._due - now)
        else:
            gevent.sleep(0)  # late already: the others' turn all the same

    def _wait(self, seconds: float) -> None:
        """Wait, with keep-alives where they were asked for."""
        every = self._reply.keepalive_s
        if every is None:
            self._rest(seconds)
            return
        end = monotonic() + seconds
        while self._keepalive_due < end:
            self._rest(self._keepalive_due - monotonic())
            self._gather(self._frame(KEEPALIVE))
            self._flush()
            self._keepalive_due += every
        self._rest(end - monotonic())

    def _rest(self, seconds: float) -> None:
        """Sleep; a long sleep ends with ClientGone when the client closes."""
        if seconds < _WATCHED_S:
            gevent.sleep(max(seconds, 0))
            return
        end = monotonic() + seconds
        self._socket.settimeout(seconds)
        try:
            if not self._socket.recv(1, socket.MSG_PEEK):
                raise ClientGone(errno.EPIPE, "the client closed")
        except TimeoutError:
            return
        finally:
            self._socket.settimeout(WRITE_S)
        gevent.sleep(max(end - monotonic(), 0))  # it sent its next request already: that stays where it is

    def _end(self, act: Act) -> bool:
        if act is Act.HANG:
            self._flush()
            while True:
                self._wait(3600)
        if act is Act.FINISH:
            if self._deflate is not None:
                self._gather(chunk(self._deflate.flush()))
            if self._reply.chunked:
                self._gather(TERMINATOR)
            self._flush()
            return self._reply.keep_open
        self._flush()
        if act is Act.RESET:
            gevent.sleep(0.02)  # a RST overtakes what is still on its way
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        return False
