"""What a probe of a workflow means: which step failed, and what an admin should change in n8n. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chatstream.errors import UpstreamError
from chatstream.services.decoders.documents import place_of_text
from chatstream.services.events import Replace, Text
from chatstream.services.webhook_call import Trace

QUIET_S = 10.0
"""A workflow that has said something in the last so many seconds is still at its answer, not stuck."""
AT_ONCE_S = 0.05
SLOW_S = 1.0
SAMPLE_CHARS = 500

SWITCHES = (
    "To stream, switch both on: Respond: Streaming in the webhook node (Response Mode: Streaming in a Chat Trigger), "
    "and Enable Streaming among the options of the agent node."
)
STARTED = (
    "The webhook answers before the workflow has run: its Respond setting is Immediately. Change it to Streaming (or "
    "to When Last Node Finishes)."
)
EMPTY = (
    "The workflow ended without any text. Most often Enable Streaming is off in the options of the agent node while "
    "the webhook node is set to Respond: Streaming; or the last node returned nothing."
)
TEST_URL = (
    "The address is the workflow's test URL, which answers one call after Listen for test event was clicked: enter "
    "the production URL (/webhook/…), and activate the workflow."
)
INACTIVE = "n8n knows no webhook at this address: activate the workflow, and compare the path with the production URL."
METHOD = "The webhook does not take POST: set HTTP Method to POST in the webhook node."
REDIRECTED = "The address redirects, and redirects are not followed: enter the address that it leads to."
FAILED = "The workflow failed; n8n's list of executions shows at which node."
WEB_PAGE = "A web page came instead of an answer: the address may be of n8n's editor, a sign-in page or a proxy."
UNKNOWN_FIELD = (
    "An answer came, and no known field of it holds text: return it under output, text, response, content, message, "
    "answer, reply or data."
)


@dataclass(slots=True)
class Observation:
    """One probe as it went. Times are seconds from its start."""

    url: str
    has_token: bool
    trace: Trace = field(default_factory=lambda: Trace(head=b""))
    failure: UpstreamError | None = None
    chunks: int = 0
    text: str = ""
    """The start of the answer."""
    first_text_s: float = 0.0
    last_text_s: float = 0.0
    total_s: float = 0.0
    was_cut_short: bool = False
    """The answer was still coming when the time for the probe was over."""

    def take(self, piece: Text | Replace, at_s: float) -> None:
        """The next piece of the answer."""
        self.chunks += 1
        self.first_text_s = self.first_text_s if self.chunks > 1 else at_s
        self.last_text_s = at_s
        self.text = (piece.content if isinstance(piece, Replace) else self.text + piece.content)[:SAMPLE_CHARS]

    def end(self, at_s: float, failure: UpstreamError | None = None) -> None:
        """The end. Running out of time is no failure of a workflow that is talking."""
        self.total_s = at_s
        self.was_cut_short = (
            failure is not None
            and failure.code == "upstream_timeout"
            and self.chunks > 0
            and at_s - self.last_text_s < QUIET_S
        )
        self.failure = None if self.was_cut_short else failure


def explain(seen: Observation) -> str:
    """What happened and what to do about it, in a sentence or two, for an admin."""
    sentences = [_success(seen) if seen.failure is None else _failure(seen, seen.failure)]
    is_test_url = "/webhook-test/" in urlsplit(seen.url).path
    if is_test_url and sentences != [TEST_URL]:
        sentences.append(TEST_URL)
    return " ".join(sentences)


def _success(seen: Observation) -> str:
    if seen.chunks == 1:
        return f"The answer came in one piece{_place(seen)}. {SWITCHES}"
    if seen.was_cut_short:
        return f"The answer streams: {seen.chunks} pieces came, and it was still going on when the test ended."
    if seen.first_text_s > SLOW_S and seen.last_text_s - seen.first_text_s < AT_ONCE_S:
        return (
            f"The workflow streams, but its {seen.chunks} pieces came all at once: a proxy in front of n8n may be "
            "holding them back. Switch its buffering off (nginx: proxy_buffering off)."
        )
    return f"The answer streams: {seen.chunks} pieces came."


def _place(seen: Observation) -> str:
    if seen.trace.form == "n8n_lines":
        return ", as one item: a Respond to Webhook node, or an agent node that does not stream"
    if seen.trace.form == "json":
        try:
            place = place_of_text(json.loads(seen.trace.head or b""))
        except (ValueError, RecursionError):  # only its start was kept
            return ""
        return f", under {place}" if place else ""
    return ""


def _failure(seen: Observation, failure: UpstreamError) -> str:
    said = failure.said or ""
    match failure.code:
        case "upstream_unreachable":
            return _unreachable(seen, said)
        case "upstream_timeout":
            return _timeout(seen, said)
        case "upstream_refused" if not seen.has_token:
            return f"The webhook wants a token and the agent has none: enter the webhook token. n8n said: {said}"
        case "upstream_refused":
            return (
                "The webhook refused the agent's token: compare it with the Header Auth credential of the webhook "
                f"node, whose name is Authorization and whose value is Bearer and the token. n8n said: {said}"
            )
        case "upstream_not_found":
            return _not_found(seen, said)
        case "upstream_empty":
            return EMPTY
        case "upstream_invalid":
            return _invalid(said)
        case "upstream_error" if 300 <= (seen.trace.status_code or 0) < 400:
            return REDIRECTED
        case "upstream_error":
            return f"{FAILED} It said: {said}" if said else FAILED
        case "webhook_blocked":
            return said
    return f"{failure.title}. {said}".strip()


def _unreachable(seen: Observation, said: str) -> str:
    stage = seen.trace.line.stage if seen.trace.line else "name"
    secure = urlsplit(seen.url).scheme == "https"
    match stage:
        case "name":
            return "The host name does not resolve: check its spelling, and the name resolution of this server."
        case "connection":
            return f"The host name resolves, and nothing answers there: is n8n running, and on this port? {said}"
        case "tls" if secure and "WRONG_VERSION" in said:
            return "The port answers without TLS: begin the address with http://, or name the port that speaks TLS."
        case "tls" if secure:
            return f"The host answers, and TLS with it fails. {said}"
    protocol = "HTTPS" if secure else "HTTP"
    return f"The connection stood and was closed before an answer: does the port speak {protocol}? {said}"


def _timeout(seen: Observation, said: str) -> str:
    if seen.chunks:
        return f"The answer began, and then nothing more came: the workflow hangs, or its model does. {said}"
    if seen.trace.first_byte_s is not None:
        return f"The workflow began and sent no text: a node hangs, or the model does not answer. {said}"
    return f"The connection stands and nothing came: a node hangs, or the workflow waits for something. {said}"


def _not_found(seen: Observation, said: str) -> str:
    if "/webhook-test/" in urlsplit(seen.url).path:
        return TEST_URL
    if "not registered for POST" in said:
        return METHOD
    return f"{INACTIVE} {said}"


def _invalid(said: str) -> str:
    if "Workflow was started" in said:
        return STARTED
    if "HTML" in said:
        return WEB_PAGE
    if "without any text" in said or "none with text" in said:
        return UNKNOWN_FIELD
    return f"The answer can not be read. {said}"
