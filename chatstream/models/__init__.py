"""Tables: typed columns, named constraints, the invariants that the database keeps."""

from chatstream.models.agent import Agent
from chatstream.models.agent_avatar import AgentAvatar
from chatstream.models.audit_event import AuditEvent
from chatstream.models.auth_session import AuthSession
from chatstream.models.chat import Chat
from chatstream.models.chat_page import ChatPage
from chatstream.models.chat_version import ChatVersion, VersionPage
from chatstream.models.error_log import ErrorLog
from chatstream.models.generation import Generation
from chatstream.models.generation_event import GenerationEvent
from chatstream.models.invite import Invite
from chatstream.models.message_feedback import MessageFeedback
from chatstream.models.password_reset import PasswordReset
from chatstream.models.search_entry import SearchEntry
from chatstream.models.team import Team
from chatstream.models.user import User

__all__ = [
    "Agent",
    "AgentAvatar",
    "AuditEvent",
    "AuthSession",
    "Chat",
    "ChatPage",
    "ChatVersion",
    "ErrorLog",
    "Generation",
    "GenerationEvent",
    "Invite",
    "MessageFeedback",
    "PasswordReset",
    "SearchEntry",
    "Team",
    "User",
    "VersionPage",
]
