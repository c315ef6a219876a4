"""Invitations: an admin hands out a link, and one person comes in by it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import ColumnElement, delete, func, select, update

from chatstream.errors import EmailTaken, InvalidInvite, NotFound
from chatstream.extensions import db
from chatstream.models import Invite, Team, User
from chatstream.models.invite import InviteState
from chatstream.models.user import Role
from chatstream.services import audit, rights
from chatstream.services.accounts import Accounts, normal_email
from chatstream.services.keyset import Page, newest_first
from chatstream.services.one_time_tokens import new_token, token_hash
from chatstream.services.passwords import check_password_rules
from chatstream.services.principals import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitations:
    """The invites of the caller's team, and the way in by one. ``lifetime_h``: how long one is good, in hours."""

    accounts: Accounts
    lifetime_h: int

    def create(
        self,
        principal: Principal,
        *,
        source: audit.Source,
        email: str | None = None,
        role: Role = "user",
        expires_in_h: int | None = None,
    ) -> tuple[Invite, str]:
        """A new invite and its token, which nobody can read again.

        Raises EmailTaken when the address has an account in the team; AdminRequired.
        """
        rights.act_as_admin(principal)
        address = normal_email(email) if email else None
        if address and db.session.scalar(
            select(User.id).where(User.team_id == principal.team_id, User.email == address)
        ):
            raise EmailTaken
        token = new_token()
        invite = Invite(
            team_id=principal.team_id,
            token_hash=token_hash(token),
            role=role,
            email=address,
            created_by=principal.user_id,
            expires_at=func.now() + timedelta(hours=expires_in_h or self.lifetime_h),
        )
        db.session.add(invite)
        db.session.flush()
        audit.record("invite_created", invite, actor_id=principal.user_id, source=source, details={"role": role})
        db.session.commit()
        return invite, token

    def register(self, *, invite: str, email: str, password: str, source: audit.Source, name: str = "") -> User:
        """Make the account that an invite is for. The invite is used up with it, in one commit, or not at all.

        Raises InvalidInvite, EmailTaken, InvalidFields (password rules), Busy.
        """
        address = normal_email(email)
        check_password_rules(password, email=address)
        usable = (Invite.token_hash == token_hash(invite), *_usable_by(address))
        found = db.session.scalar(select(Invite).where(*usable))
        if found is None:
            raise InvalidInvite
        user = self.accounts.add(
            email=address, password=password, team_id=found.team_id, name=name, role=cast(Role, found.role)
        )
        used = db.session.scalars(
            update(Invite).where(*usable).values(used_at=func.now(), used_by=user.id).returning(Invite)
        ).one_or_none()
        if used is None:  # somebody else was faster, or it was revoked, while the password was hashed
            db.session.rollback()
            raise InvalidInvite
        audit.record("invite_used", used, actor_id=user.id, source=source, details={"role": used.role})
        db.session.commit()
        return user


def page(principal: Principal, *, limit: int, cursor: str | None, state: InviteState | None = None) -> Page[Invite]:
    """The invites of the caller's team, newest first. Raises InvalidFields (cursor)."""
    query = select(Invite).where(Invite.team_id == principal.team_id)
    if state == "used":
        query = query.where(Invite.used_at.is_not(None))
    elif state is not None:
        is_over = Invite.expires_at <= func.now()
        query = query.where(Invite.used_at.is_(None), is_over if state == "expired" else ~is_over)
    return newest_first(query, instant=Invite.created_at, key=Invite.id, limit=limit, cursor=cursor)


def revoke(principal: Principal, invite_id: uuid.UUID, *, source: audit.Source) -> None:
    """Take an invite away; its link leads nowhere. One that was used leaves the list.

    Raises NotFound, AdminRequired.
    """
    rights.act_as_admin(principal)
    gone = db.session.scalars(
        delete(Invite).where(Invite.id == invite_id, Invite.team_id == principal.team_id).returning(Invite)
    ).one_or_none()
    if gone is None:
        raise NotFound("There is no such invite.")
    audit.record("invite_revoked", gone, actor_id=principal.user_id, source=source, details={"state": gone.state})
    db.session.commit()


def _usable_by(email: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Invite.used_at.is_(None),
        Invite.expires_at > func.now(),
        Invite.email.is_(None) | (Invite.email == email),
        Invite.team_id.in_(select(Team.id).where(Team.is_active)),
    )
