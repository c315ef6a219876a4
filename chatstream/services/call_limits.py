"""How long a call to a workflow may still wait: for the next byte, and in all."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from chatstream.errors import UpstreamError, UpstreamTimeout
from chatstream.services.decoders import AnswerDecoder

IDLE_S = 120.0
TOTAL_S = 900.0
# n8n sends a keep-alive each 30 s; after more than about 40 s without, its workflow is dead (measured).
KEEPALIVE_S = 45.0


class CallLimits:
    """The limits of one call, from now on. ``config`` is the agent's; times in seconds."""

    def __init__(self, config: Mapping[str, Any], error_grace_s: float) -> None:
        self._idle_s = _seconds(config.get("idle_timeout_s"), IDLE_S)
        self._total_s = _seconds(config.get("total_timeout_s"), TOTAL_S)
        self._error_grace_s = error_grace_s
        self.started = self._heard = time.monotonic()

    def heard(self, now: float) -> None:
        """Bytes came."""
        self._heard = now

    def due(self, decoder: AnswerDecoder | None = None) -> float:
        """When the nearest limit is reached, as time.monotonic tells it."""
        silence = self._idle_s
        if decoder is not None and decoder.failing:
            silence = min(silence, self._error_grace_s)
        elif decoder is not None and decoder.keepalives_seen:
            silence = min(silence, KEEPALIVE_S)
        silent, lasted = self._heard + silence, self.started + self._total_s
        return silent if silent < lasted else lasted

    def verdict(self, decoder: AnswerDecoder | None = None) -> UpstreamError:
        """The failure of the limit that was reached."""
        if time.monotonic() - self.started >= self._total_s - 0.001:
            return UpstreamTimeout(f"The answer was not complete after {self._total_s:g} s.")
        if decoder is not None and decoder.failing:
            return decoder.failure()
        if decoder is not None and decoder.keepalives_seen and self._idle_s > KEEPALIVE_S:
            return UpstreamTimeout(f"n8n's keep-alives stopped: nothing came for {KEEPALIVE_S:g} s.")
        return UpstreamTimeout(f"Nothing came for {self._idle_s:g} s.")


def _seconds(value: Any, default: float) -> float:
    valid = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if valid else default
