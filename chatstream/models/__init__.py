"""Tables: typed columns, named constraints, the invariants that the database keeps."""

from chatstream.models.agent import Agent
from chatstream.models.auth_session import AuthSession
from chatstream.models.chat import Chat
from chatstream.models.chat_page import ChatPage
from chatstream.models.chat_version import ChatVersion, VersionPage
from chatstream.models.error_log import ErrorLog
from chatstream.models.generation import Generation
from chatstream.models.generation_event import GenerationEvent
from chatstream.models.team import Team
from chatstream.models.user import User

__all__ = [
    "Agent",
    "AuthSession",
    "Chat",
    "ChatPage",
    "ChatVersion",
    "ErrorLog",
    "Generation",
    "GenerationEvent",
    "Team",
    "User",
    "VersionPage",
]
