"""Tables: typed columns, named constraints, the invariants that the database keeps."""

from chatstream.models.agent import Agent
from chatstream.models.agent_avatar import AgentAvatar
from chatstream.models.auth_session import AuthSession
from chatstream.models.chat import Chat
from chatstream.models.error_log import ErrorLog
from chatstream.models.generation import Generation
from chatstream.models.generation_event import GenerationEvent
from chatstream.models.team import Team
from chatstream.models.user import User

__all__ = [
    "Agent",
    "AgentAvatar",
    "AuthSession",
    "Chat",
    "ErrorLog",
    "Generation",
    "GenerationEvent",
    "Team",
    "User",
]
