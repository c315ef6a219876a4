"""What the simulated workflow says, and the pieces it says it in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

from chatstream.n8n_sim.scenario import FAILURES, OPTION_NAMES, Options

_FILL = "0123456789abcdef" * 64  # 1 KiB: one item of fail=huge
_QUOTED_CHARACTERS = 160

_PIECES = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Question:
    """What a call's body says, whichever of the two request formats it is in."""

    message: str = ""  # the user's last one
    history: int = 0  # messages before it
    system_prompt: str = ""


def read_question(body: Any) -> Question:
    """The question in ChatStream's payload (``messages``) or in the Chat Trigger's (``chatInput``)."""
    if not isinstance(body, dict):
        return Question()
    if isinstance(body.get("chatInput"), str):
        return Question(message=body["chatInput"])
    messages = body.get("messages")
    prompt = body.get("system_prompt")
    prompt = prompt if isinstance(prompt, str) else ""
    if not isinstance(messages, list):
        return Question(system_prompt=prompt)
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, dict) and message.get("role") == "user" and isinstance(message.get("content"), str):
            return Question(message=message["content"], history=index, system_prompt=prompt)
    return Question(history=len(messages), system_prompt=prompt)


def expected_text(tokens: int) -> str:
    """The whole answer to ``tokens=N``: ``t1 t2 … tN``. A test compares with it."""
    return " ".join(f"t{number}" for number in range(1, tokens + 1))


def answer_pieces(options: Options, question: Question) -> Iterable[str]:
    """The answer, one item at a time."""
    if options.fail == "huge":
        return _filling(options.size)
    if options.fail == "long_line":
        return ["x" * options.size]
    if options.tokens is not None:
        return chain(["t1"], (f" t{number}" for number in range(2, options.tokens + 1))) if options.tokens else []
    if options.echo:
        return _cut(question.message, options)
    return split_words(demo_answer(question))


def split_words(text: str) -> list[str]:
    """Words with the white space before them, as models send them; joined they are the text again."""
    return _PIECES.findall(text)


def _filling(size: int) -> Iterator[str]:
    whole, rest = divmod(size, len(_FILL))
    return chain(repeat(_FILL, whole), [_FILL[:rest]] if rest else [])


def _cut(text: str, options: Options) -> list[str]:
    """Pieces of ``options.piece`` characters; with split=utf16 of UTF-16 units, which can part a character in two."""
    if options.split == "characters":
        return [text[start : start + options.piece] for start in range(0, len(text), options.piece)]
    units = text.encode("utf-16-le", "surrogatepass")
    step = options.piece * 2
    return [units[start : start + step].decode("utf-16-le", "surrogatepass") for start in range(0, len(units), step)]


def demo_answer(question: Question) -> str:
    """A short markdown answer that shows what arrived at the workflow."""
    words = set(re.findall(r"[a-z]+", question.message.lower()))
    for keyword, text in _BY_KEYWORD.items():
        if keyword in words:
            return f"{text.strip()}\n\n{_what_i_saw(question)}"
    opening = _GREETING if words & {"hello", "hi", "hey", "hallo"} else _DEFAULT
    return f"{opening.strip()}\n\n{_what_i_saw(question)}"


def _what_i_saw(question: Question) -> str:
    asked = _quoted(question.message) or "(an empty message)"
    prompt = _quoted(question.system_prompt)
    earlier = {0: "none: this chat starts here", 1: "1 message"}.get(question.history, f"{question.history} messages")
    return (
        "**What reached the workflow**\n\n"
        f"- Your message: {asked}\n"
        f"- Earlier in this chat: {earlier}\n"
        f"- System prompt: {prompt or 'none'}"
    )


def _quoted(text: str) -> str:
    """One line of it, safe inside markdown's code marks."""
    line = " ".join(text.split()).replace("`", "'")
    if not line:
        return ""
    return f"`{line[:_QUOTED_CHARACTERS]}{'…' if len(line) > _QUOTED_CHARACTERS else ''}`"


_GREETING = """
## Hello!

I am the demo workflow: a **simulated n8n** that streams this answer word by word. No language model is behind me.

- Say `help` to see what I can do
- Say `code`, `table` or `long` for other kinds of answers
- Ask anything else, and I tell you what arrived here
"""

_DEFAULT = """
## An answer from the demo workflow

I am a **simulated n8n**: no language model is behind me, but the words reach you exactly as those of a real
workflow would.

1. Your message was stored, then sent to this webhook
2. I answer in n8n's streaming lines, one word at a time
3. Each word is passed on to you as it arrives

To use a real workflow, give the agent its webhook address:

```text
https://n8n.example.com/webhook/chat
```

Say `help` for more to try.
"""

_CODE = """
## Some code

A **generator** gives one value at a time, as this answer does:

```python
def countdown(start: int):
    # Yields start, start - 1, ... 1.
    while start > 0:
        yield start
        start -= 1


for number in countdown(3):
    print(number)
```

It prints `3`, `2` and `1`.

- Nothing is computed before it is asked for
- The caller may stop at any time
"""

_TABLE = """
## A table

| Form | Streams | Option |
|---|---|---|
| n8n lines | yes | `format=lines` |
| Server-sent events | yes | `format=sse` |
| OpenAI's chunks | yes | `format=openai` |
| One JSON object | no | `format=json` |
| Plain text | no | `format=text` |

**Tip:** write `/sim format=json` as a message.
"""

_PARAGRAPHS = (
    "A stream begins before the answer is known. The first word leaves as soon as it exists, and whoever reads it "
    "has something to do while the rest is made.",
    "A slow reader must not hold up the others. Each connection has its own small buffer, and a reader that never "
    "reads is let go in the end.",
    "A line may be cut anywhere on its way: in the middle of a word, of a JSON string, even of a single character "
    "such as é or 🌍. Only the receiver can put it together again.",
    "The end needs as much care as the beginning. An answer that merely stops is not the same as one that is "
    "finished, and a reader deserves to be told which of the two it was.",
    "When something fails on the way, what was said so far is kept. Half an answer with a word of explanation is "
    "worth more than none.",
)
_LONG = "## A long answer\n\n" + "\n\n".join(
    f"### Part {number}\n\n{_PARAGRAPHS[(number - 1) % len(_PARAGRAPHS)]}" for number in range(1, 11)
)
_LONG += "\n\n```text\nThat was part 10 of 10.\n```\n\n- You may stop such an answer at any time"

_HELP = f"""
## What you can try

**Words that I know**

- `hello`: a greeting
- `code`: a code block
- `table`: a table
- `long`: ten paragraphs, good for trying *stop* and *reconnect*

**Steering.** A message with a line that starts with `/sim` changes how I answer:

```text
/sim tokens=200 delay_ms=5
/sim format=openai
/sim fail=cut after=20
/sim status=429
/sim first_delay_ms=5000 keepalive_ms=1000
```

**Options:** {", ".join(f"`{name}`" for name in OPTION_NAMES)}

**Failures** (`/sim fail=NAME`): {", ".join(f"`{name}`" for name in FAILURES)}

All are explained in `docs/N8N_SIMULATOR.md`.
"""

_BY_KEYWORD = {"help": _HELP, "code": _CODE, "table": _TABLE, "long": _LONG}
