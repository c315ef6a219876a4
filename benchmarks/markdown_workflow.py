"""A workflow that writes a long markdown answer at a steady pace, as n8n's streaming lines."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PART = """## Part {n}: what to look at

A paragraph with **strong** words, *stressed* ones, `code` and a [link](https://example.org/{n}). It goes on a while,
as answers do, so that lines wrap and the page has something to lay out again with each piece that comes.

1. The first point, with a nested list:
   - one thing about {n}
   - another thing
2. The second point, in a sentence that is somewhat longer than the first one was.

```python
def part_{n}(values: list[int]) -> int:
    \"\"\"Add up what is above {n}.\"\"\"
    return sum(value for value in values if value > {n})
```

| name | value | what it means |
|---|---:|---|
| first | {n} | a number that stands to the right |
| second | {n}0 | ten times as much |

> A quotation that ends the part, with a sum: {n} + {n}.

"""

ITEM = "- **Part {n}** of a list that does not end, with `code` and a [link](https://example.org/{n})\n"
ROW = "| part {n} | {n}0 | a cell with **strong** words and `code` |\n"
FUNCTION = PART[PART.index("def part") : PART.index("```\n\n|")] + "\n"
SHAPES = {
    "mixed": ("", PART),
    "list": ("All of it:\n", ITEM),
    "table": ("| name | value | what it means |\n|---|---:|---|\n", ROW),
    "code": ("```python\n", FUNCTION),
}
"""How a text begins and what it repeats: answers as they are, and such as are one long block."""


def answer(size: int, shape: str = "mixed") -> str:
    """Markdown of ``size`` characters, of one of the ``SHAPES``; code is closed after them."""
    text, part = SHAPES[shape]
    parts: Iterator[str] = (part.format(n=n) for n in itertools.count(1))
    while len(text) < size:
        text += next(parts)
    return text[:size] + ("\n```\n" if shape == "code" else "")


class MarkdownWorkflow:
    """Listens on a loopback port while it is entered; answers any POST with ``text`` in ``tokens`` over ``seconds``."""

    def __init__(self, text: str, *, tokens: int, seconds: float) -> None:
        pieces = [text[len(text) * n // tokens : len(text) * (n + 1) // tokens] for n in range(tokens)]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                started = time.monotonic()
                self._line(type="begin")
                for number, piece in enumerate(pieces):
                    time.sleep(max(0.0, started + seconds * number / tokens - time.monotonic()))
                    self._line(type="item", content=piece)
                self._line(type="end")
                self.wfile.write(b"0\r\n\r\n")

            def _line(self, **line: str) -> None:
                data = json.dumps({**line, "metadata": {"nodeId": "1", "nodeName": "Agent"}}).encode() + b"\n"
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook/markdown"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
