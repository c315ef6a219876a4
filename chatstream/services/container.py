"""The services of an application, made once from its settings."""

from __future__ import annotations

from dataclasses import dataclass

from chatstream.services.accounts import Accounts
from chatstream.services.agents import Agents
from chatstream.services.auth_sessions import Sessions
from chatstream.services.avatars import Avatars
from chatstream.services.doctor import Doctor
from chatstream.services.failure_queue import FailureQueue
from chatstream.services.generations.intake import Intake
from chatstream.services.generations.runner import GenerationRunner
from chatstream.services.health import Readiness
from chatstream.services.invitations import Invitations
from chatstream.services.maintenance import Maintenance
from chatstream.services.password_resets import PasswordResets
from chatstream.services.probes import Probes
from chatstream.services.process_figures import ProcessFigures
from chatstream.services.shared_log import SharedLog
from chatstream.tracing.interface import Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the views call. ``app.extensions["chatstream"]`` is one of these."""

    accounts: Accounts
    sessions: Sessions
    invitations: Invitations
    password_resets: PasswordResets
    agents: Agents
    avatars: Avatars
    probes: Probes
    intake: Intake
    shared_log: SharedLog
    runner: GenerationRunner
    readiness: Readiness
    doctor: Doctor
    failures: FailureQueue
    figures: ProcessFigures
    tracing: Tracing
    maintenance: Maintenance
