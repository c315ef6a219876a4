"""Every failure that ChatStream names, as one tree. No Flask in here: views translate.

::

    ChatStreamError                       status  code
    ├── BadRequest                        400     bad_request
    ├── Unauthenticated                   401     unauthenticated
    │   ├── InvalidCredentials            401     invalid_credentials
    │   ├── InvalidToken                  401     invalid_token
    │   ├── TokenReused                   401     token_reused
    │   └── InvalidScraperToken           401     invalid_scraper_token
    ├── Forbidden                         403     forbidden
    │   ├── AdminRequired                 403     admin_required
    │   ├── CrossOrigin                   403     cross_origin
    │   └── CsrfToken                     403     csrf_token
    ├── NotFound                          404     not_found
    │   ├── TeamNotFound                  404     team_not_found
    │   ├── InvalidInvite                 404     invalid_invite
    │   └── InvalidResetToken             404     invalid_reset_token
    ├── Conflict                          409     conflict
    │   ├── EmailTaken                    409     email_taken
    │   ├── TeamRequired                  409     team_required
    │   ├── LastAdmin                     409     last_admin
    │   ├── UserInactive                  409     user_inactive
    │   ├── AgentUnavailable              409     agent_unavailable
    │   │   └── TokenUnreadable           409     token_unreadable
    │   └── GenerationInProgress          409     generation_in_progress
    ├── TooLarge                          413     body_too_large
    │   └── ImageTooLarge                 413     image_too_large
    ├── UnsupportedMediaType              415     unsupported_media_type
    │   └── UnsupportedImage              415     unsupported_image
    ├── InvalidFields                     422     validation_failed
    ├── TooManyAttempts                   429     rate_limited
    ├── TooManyStreams                    429     too_many_streams
    ├── Unavailable                       503     unavailable
    │   └── Busy                          503     busy
    └── UpstreamError                     502     upstream_error
        ├── UpstreamUnreachable           502     upstream_unreachable
        ├── UpstreamRefused               502     upstream_refused
        ├── UpstreamNotFound              502     upstream_not_found
        ├── UpstreamRateLimited           503     upstream_rate_limited
        ├── UpstreamTimeout               504     upstream_timeout
        ├── UpstreamReset                 502     upstream_reset
        ├── UpstreamInvalid               502     upstream_invalid
        ├── UpstreamEmpty                 502     upstream_empty
        ├── UpstreamTooLarge              502     upstream_too_large
        └── WebhookBlocked                502     webhook_blocked
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class ChatStreamError(Exception):
    """A failure with a stable ``code`` that a client can switch on.

    ``status`` is the HTTP status it answers with, ``title`` the same words each time,
    ``detail`` what happened this time, fit for the caller's eyes. ``extra`` joins the
    problem document as further members.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.title
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class BadRequest(ChatStreamError):
    """The request can not be read at all."""

    status, code, title = 400, "bad_request", "Bad request"


class Unauthenticated(ChatStreamError):
    """Nobody is signed in."""

    status, code, title = 401, "unauthenticated", "Sign in first"


class InvalidCredentials(Unauthenticated):
    """A login that fails, whatever the reason."""

    code, title = "invalid_credentials", "The email address or the password is wrong"


class InvalidToken(Unauthenticated):
    """A token that is malformed, expired, revoked or of the wrong kind."""

    code, title = "invalid_token", "The session is not valid any more"


class TokenReused(Unauthenticated):
    """A refresh token came a second time; its session is revoked."""

    code, title = "token_reused", "The session was ended because its refresh token was used twice"


class InvalidScraperToken(Unauthenticated):
    """Metrics were asked for without the token that is set for them."""

    code, title = "invalid_scraper_token", "Metrics need the bearer token that METRICS_TOKEN sets"

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class Forbidden(ChatStreamError):
    """The caller is known and may not."""

    status, code, title = 403, "forbidden", "Forbidden"


class AdminRequired(Forbidden):
    """The call is for admins of the team."""

    code, title = "admin_required", "Only an admin of the team may do this"


class CrossOrigin(Forbidden):
    """An unsafe method from a page of another origin."""

    code, title = "cross_origin", "Requests from this origin are not allowed"


class CsrfToken(Forbidden):
    """An unsafe method without the token of the double submit, where that is switched on."""

    code, title = "csrf_token", "The X-CSRF-TOKEN header does not fit the session"


class NotFound(ChatStreamError):
    """It does not exist, or not for this caller: the two are never told apart."""

    status, code, title = 404, "not_found", "Not found"


class TeamNotFound(NotFound):
    """No active team that takes registrations has this id; which of these it is, an outsider is not told."""

    code, title = "team_not_found", "There is no such team, or it takes new members by invite only"


class InvalidInvite(NotFound):
    """An invite that does not let its bearer in, whatever the reason."""

    code, title = "invalid_invite", "The invite is not valid: unknown, used, expired, or for another email address"


class InvalidResetToken(NotFound):
    """A token that resets no password, whatever the reason."""

    code, title = "invalid_reset_token", "The token is not valid: unknown, used, expired, or replaced by a newer one"


class Conflict(ChatStreamError):
    """The request does not fit the present state."""

    status, code, title = 409, "conflict", "Conflict"


class EmailTaken(Conflict):
    """The team has an account with this address."""

    code, title = "email_taken", "This email address has an account in the team already"


class TeamRequired(Conflict):
    """Address and password fit accounts in several teams."""

    code, title = "team_required", "Choose the team to sign in to"


class LastAdmin(Conflict):
    """The team would be left without an active admin."""

    code, title = "last_admin", "A team needs an active admin: make somebody else one first"


class UserInactive(Conflict):
    """The account is deactivated."""

    code, title = "user_inactive", "The account is deactivated"


class AgentUnavailable(Conflict):
    """The agent is inactive or deleted."""

    code, title = "agent_unavailable", "The agent of this chat is not available"


class TokenUnreadable(AgentUnavailable):
    """The agent's webhook token can not be decrypted: its key is gone, or it was another row's."""

    code, title = "token_unreadable", "The agent's webhook token can not be read"


class GenerationInProgress(Conflict):
    """The chat has a running answer."""

    code, title = "generation_in_progress", "An answer is still being written in this chat"


class TooLarge(ChatStreamError):
    """More bytes than the call takes."""

    status, code, title = 413, "body_too_large", "The body is too large"


class ImageTooLarge(TooLarge):
    """An image with more pixels than are decoded here."""

    code, title = "image_too_large", "The image is too large"


class UnsupportedMediaType(ChatStreamError):
    """A body of another media type than the call takes."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class UnsupportedImage(UnsupportedMediaType):
    """A file that is not an image, or not one of the formats that are taken."""

    code, title = "unsupported_image", "The file is not an image that can be used"


class InvalidFields(ChatStreamError):
    """Fields that can not be accepted. ``errors``: field name to reasons (or a nested mapping)."""

    status, code, title = 422, "validation_failed", "Some fields are not valid"

    def __init__(self, errors: Mapping[str, Sequence[str] | Mapping[str, object]]) -> None:
        super().__init__("See errors for each field.", extra={"errors": dict(errors)})


class TooManyAttempts(ChatStreamError):
    """Too many sign-ins with one address have failed, whether or not it has an account."""

    status, code, title = 429, "rate_limited", "Too many requests"

    def __init__(self, *, retry_after: int) -> None:
        detail = f"Too many sign-ins with this address have failed: try again in {retry_after} s."
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooManyStreams(ChatStreamError):
    """The user has as many running answers as the server allows."""

    status, code, title = 429, "too_many_streams", "Too many answers are running at once"


class Unavailable(ChatStreamError):
    """Something the server needs does not answer; the same request may succeed later."""

    status, code, title = 503, "unavailable", "The service is not available for a moment"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Busy(Unavailable):
    """A bounded queue is full."""

    code, title = "busy", "The service is busy"


class UpstreamError(ChatStreamError):
    """The workflow failed. Carried by an ``error`` frame of a stream, or a 5xx without one.

    ``detail`` tells a user what to do, in a sentence. ``said`` is what the workflow or the network said,
    for admins and error_logs; whoever raises has taken tokens and inner addresses out of it.
    ``upstream_status`` is the workflow's HTTP status, where there was one.
    """

    status, code, title = 502, "upstream_error", "The workflow failed"
    advice: ClassVar[str] = "The workflow reported an error. Try again; if it stays, tell the admin of your team."

    def __init__(
        self, said: str | None = None, *, advice: str | None = None, upstream_status: int | None = None
    ) -> None:
        super().__init__(advice or self.advice)
        self.said = said
        self.upstream_status = upstream_status

    @staticmethod
    def of_code(code: str | None) -> UpstreamError:
        """The failure with a code, as it was stored; the general one for any other."""
        kinds: dict[str, type[UpstreamError]] = {kind.code: kind for kind in UpstreamError.__subclasses__()}
        return kinds.get(code or "", UpstreamError)()


class UpstreamUnreachable(UpstreamError):
    """No connection: name resolution, connect, TLS."""

    code, title = "upstream_unreachable", "The workflow can not be reached"
    advice = "The workflow can not be reached. Try again in a moment; if it stays, tell the admin of your team."


class UpstreamRefused(UpstreamError):
    """401 or 403: our token is not the workflow's."""

    code, title = "upstream_refused", "The workflow refused the call"
    advice = "The workflow refused the agent's token. Ask the admin of your team to check the webhook token."


class UpstreamNotFound(UpstreamError):
    """404: an inactive workflow or a wrong path."""

    code, title = "upstream_not_found", "The workflow was not found"
    advice = "The workflow was not found. Ask the admin of your team to activate it and to check the webhook address."


class UpstreamRateLimited(UpstreamError):
    """429 from the workflow."""

    status, code, title = 503, "upstream_rate_limited", "The workflow is rate limited"
    advice = "The workflow has too many requests at the moment. Wait a little and send the message again."


class UpstreamTimeout(UpstreamError):
    """Silence or the whole answer went over its limit."""

    status, code, title = 504, "upstream_timeout", "The workflow took too long"
    advice = "The workflow took too long to answer. Send the message again, or make the question smaller."


class UpstreamReset(UpstreamError):
    """The connection was cut in mid-answer."""

    code, title = "upstream_reset", "The workflow was cut off"
    advice = "The connection to the workflow was cut off in mid-answer. Send the message again."


class UpstreamInvalid(UpstreamError):
    """What came can not be decoded, or is not an answer."""

    code, title = "upstream_invalid", "The workflow's answer can not be read"
    advice = "The workflow's answer can not be read. Ask the admin of your team to check what the workflow returns."


class UpstreamEmpty(UpstreamError):
    """A good end without any text."""

    code, title = "upstream_empty", "The workflow sent no text"
    advice = (
        "The workflow ended without any text. Ask the admin of your team to switch streaming on, both in the "
        "webhook node (Respond: Streaming) and in the agent node (Enable Streaming)."
    )


class UpstreamTooLarge(UpstreamError):
    """A line over 1 MiB, or an answer over 4 MiB."""

    code, title = "upstream_too_large", "The workflow's answer is too large"
    advice = "The workflow's answer was too large and was cut. Ask for a shorter answer."


class WebhookBlocked(UpstreamError):
    """The outbound policy does not allow the address."""

    code, title = "webhook_blocked", "The webhook's address is not allowed"
    advice = "The webhook's address is not allowed here. Ask the admin of your team to check it."
