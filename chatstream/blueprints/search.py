"""Search over the caller's chats."""

from __future__ import annotations

from typing import Any

from chatstream.http.api import Blueprint
from chatstream.http.policy import principal, signed_in
from chatstream.schemas import search as schemas
from chatstream.services import search
from chatstream.services.keyset import Page

bp = Blueprint("search", __name__, url_prefix="/api/search", description="Messages found by their words")


@bp.route("/")
@signed_in
@bp.arguments(schemas.SearchQuery, location="query")
@bp.response(200, schemas.HitPage)
@bp.problems(401, 422)
def index(query: dict[str, Any]) -> Page[search.Hit]:
    """Messages and titles in the caller's chats with all the words, best first."""
    typed, limit, cursor = (query.pop(name) for name in ("q", "limit", "cursor"))
    return search.page(principal(), typed, limit=limit, cursor=cursor, filters=search.Filters(**query))
