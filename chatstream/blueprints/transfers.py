"""Chats as documents: exported and imported."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, current_app, request

from chatstream.http.api import Blueprint
from chatstream.http.downloads import download
from chatstream.http.json_bodies import load, read_json_text
from chatstream.http.policy import principal, signed_in
from chatstream.http.rate_limits import by_user, rate_limited
from chatstream.models import Chat
from chatstream.schemas import chats as chat_schemas
from chatstream.schemas import transfers as schemas
from chatstream.services import chats
from chatstream.services.transfers import documents, exporting, importing

bp = Blueprint("transfers", __name__, url_prefix="/api/chats", description="Chats as documents")


@bp.route("/<uuid:chat_id>/export")
@signed_in
@bp.arguments(schemas.ExportQuery, location="query")
@bp.response(200, schemas.ChatDocument, description="The chat, as a file to save")
@bp.alt_response(200, schema={"type": "string"}, content_type="text/markdown", description="The same, to read")
@bp.problems(401, 404, 422)
def export(query: dict[str, Any], chat_id: uuid.UUID) -> Response:
    """The whole chat as a download. A connection that ends without a whole body means that it changed meanwhile."""
    chat = chats.get(principal(), chat_id)
    shown, pages = chat_schemas.Chat().dump(chat), exporting.pages(chat, current_app.app_context)
    name = chat.title or ""
    if query["format"] == "json":
        return download(exporting.as_json(shown, pages), name=name, extension="json", content_type="application/json")
    text = exporting.as_markdown(shown, pages)
    return download(text, name=name, extension="md", content_type="text/markdown; charset=utf-8")


@bp.route("/import", methods=["POST"])
@signed_in
@rate_limited("MESSAGE_RATE_LIMIT", scope="imports", key=by_user)
@bp.doc(requestBody={"required": True, "content": {"application/json": {"schema": schemas.ChatDocument}}})
@bp.response(201, chat_schemas.Chat)
@bp.problems(400, 401, 403, 404, 413, 415, 422, 429, 503)
def import_() -> Chat:
    """Make a chat from an exported one, with an agent of your team. Message ids that are absent, unknown or repeated
    are made anew; ids of chat, team and user are passed over."""
    with importing.slot():
        document = read_json_text(request, max_bytes=current_app.config["IMPORT_MAX_BYTES"])
        fields = load(schemas.ImportedChat(), documents.read_head(document))
        return importing.store(principal(), fields, document)
