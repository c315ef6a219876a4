"""Avatars over the API: what is taken, what is kept of it, and how it is served."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from werkzeug.test import TestResponse

from chatstream.extensions import db
from tests.conftest import SignIn
from tests.support.queries import counted
from tests.support.world import World

RED, BLUE = (220, 20, 20), (20, 20, 220)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str = "PNG", size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: Any) -> bytes:
    """A red picture with a blue upper third."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, 0, size[0], size[1] // 3))
    file = io.BytesIO()
    image.convert(mode).save(file, form, **options)
    return file.getvalue()


def animation(form: str) -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, BLUE, RED)]
    frames[0].save(file, form, save_all=True, append_images=frames[1:], duration=50)
    return file.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A small PNG whose header promises ``width`` x ``height`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def upload(
    client: FlaskClient, agent_id: str, content: bytes, name: str = "face.png", field: str = "file"
) -> TestResponse:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return client.post(
        f"/api/agents/{agent_id}/avatar",
        data=head + content + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )


def served(client: FlaskClient, agent_id: str) -> Image.Image:
    answer = client.get(f"/api/agents/{agent_id}/avatar")
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.data))
    image.load()
    return image


@pytest.fixture
def owned(world: World, sign_in: SignIn) -> tuple[FlaskClient, str]:
    """An admin and an agent of its team."""
    account = world.account(role="admin")
    return sign_in(account), world.agent(account.team_id)


@pytest.mark.parametrize(
    "content",
    [
        picture("PNG"), picture("PNG", mode="RGBA"), picture("PNG", mode="P"), picture("PNG", mode="I;16"),
        picture("PNG", mode="1"), picture("JPEG"), picture("JPEG", mode="CMYK"), picture("JPEG", size=(1, 900)),
        picture("GIF"), picture("WEBP"), picture("WEBP", mode="RGBA", lossless=True), animation("GIF"),
        animation("WEBP"), animation("PNG"), picture("PNG", size=(1, 1)), picture("PNG", size=(256, 256)),
        picture("WEBP", size=(256, 256)), picture("PNG") + SVG,
    ],
)  # fmt: skip
def test_every_format_becomes_one(owned: tuple[FlaskClient, str], content: bytes) -> None:
    client, agent_id = owned
    made = upload(client, agent_id, content, name="../../etc/passwd")
    assert made.status_code == 200, made.text
    assert made.json is not None
    answer = client.get(made.json["avatar_url"])
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-site"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.data[:4] == b"RIFF"
    assert answer.data != content
    assert b"script" not in answer.data
    image = served(client, agent_id)
    assert (image.format, image.size, getattr(image, "n_frames", 1)) == ("WEBP", (256, 256), 1)


def test_the_middle_of_the_first_frame_upright_and_without_metadata(owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    lying = Image.Exif()
    lying[0x0112] = 6  # turned a quarter to the right when shown
    lying[0x8825] = {2: (52.0, 31.0, 12.0)}  # where it was taken
    lying[0x010F] = "canary-camera"
    for form in ("JPEG", "PNG", "WEBP"):
        sent = picture(form, size=(300, 300), exif=lying)
        assert b"canary-camera" in sent
        assert upload(client, agent_id, sent).status_code == 200
        image = served(client, agent_id).convert("RGB")
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {"loop", "background", "timestamp", "duration"}
        pixel = image.getpixel((250, 128))
        assert isinstance(pixel, tuple)
        assert pixel[2] > 150, "the blue third is at the right now"
    wide = Image.new("RGB", (900, 300), BLUE)
    wide.paste(RED, (300, 0, 600, 300))
    file = io.BytesIO()
    wide.save(file, "PNG")
    assert upload(client, agent_id, file.getvalue()).status_code == 200
    image = served(client, agent_id).convert("RGB")
    for place in ((3, 128), (128, 128), (252, 128)):
        pixel = image.getpixel(place)
        assert isinstance(pixel, tuple)
        assert pixel[0] > 150, place


def test_transparency_stays(owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    file = io.BytesIO()
    Image.new("RGBA", (64, 64), (10, 200, 10, 0)).save(file, "PNG")
    upload(client, agent_id, file.getvalue())
    assert served(client, agent_id).getpixel((128, 128))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no picture", SVG, b"GIF89a" + SVG, b"\x89PNG\r\n\x1a\n" + SVG, b"\xff\xd8\xff\xe0" + SVG,
        b"RIFF\x00\x00\x00\x00WEBP" + SVG, picture("PNG")[:-40], picture("JPEG")[:400], picture("GIF")[:60],
        picture("WEBP")[:100], picture("BMP"), picture("TIFF"), picture("PPM"), picture("ICO", size=(32, 32)),
        b"<html>" + picture("PNG"), b"%PDF-1.4", png_of_size(100, 100), random.Random(7).randbytes(5000),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_whatever_its_name(
    app: Flask, owned: tuple[FlaskClient, str], content: bytes
) -> None:
    client, agent_id = owned
    for name in ("face.png", "face.svg"):
        refused = upload(client, agent_id, content, name=name)
        assert (refused.status_code, refused.json and refused.json["code"]) == (415, "unsupported_image")
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM agent_avatars")) == 0


@pytest.mark.parametrize("size", [(5001, 5000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_never_decoded(owned: tuple[FlaskClient, str], size: tuple[int, int]) -> None:
    client, agent_id = owned
    refused = upload(client, agent_id, png_of_size(*size))
    assert (refused.status_code, refused.json and refused.json["code"]) == (413, "image_too_large")


def test_a_jpeg_of_endless_scans_is_never_decoded(owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    whole = picture("JPEG", size=(2000, 2000), progressive=True)
    first = whole.index(b"\xff\xda")
    scan = whole[first : first + 2 + int.from_bytes(whole[first + 2 : first + 4])] + b"\0"
    refused = upload(client, agent_id, whole[:-2] + scan * 50_000 + whole[-2:])
    assert (refused.status_code, refused.json and refused.json["code"]) == (413, "image_too_large")


def test_too_many_bytes(owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    whole = picture("PNG")
    fitting = whole + bytes((2 << 20) - len(whole))
    assert upload(client, agent_id, fitting).status_code == 200
    for content in (fitting + b"x", bytes(3 << 20)):
        refused = upload(client, agent_id, content)
        assert (refused.status_code, refused.json and refused.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (picture(), "image/png", 415),
        (b"--x--\r\n", "multipart/form-data; boundary=", 400),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 400),
        (b"--x\r\n\r\nno name\r\n--x--\r\n", "multipart/form-data; boundary=x", 400),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
         "multipart/form-data; boundary=x", 422),
        (b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\ntext\r\n--x--\r\n',
         "multipart/form-data; boundary=x", 422),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 10_000 + b"--x--\r\n",
         "multipart/form-data; boundary=x", 413),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 300_000 + b"\r\n--x--\r\n",
         "multipart/form-data; boundary=x", 413),
        (b"--x\r\n" + b"A: b\r\n" * 100_000, "multipart/form-data; boundary=x", 413),
    ],
)  # fmt: skip
def test_bad_forms(owned: tuple[FlaskClient, str], body: bytes, content_type: str, status: int) -> None:
    client, agent_id = owned
    answer = client.post(f"/api/agents/{agent_id}/avatar", data=body, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"


def test_two_files_or_an_unknown_field_are_refused(owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    two = {"file": (io.BytesIO(picture()), "a.png"), "other": (io.BytesIO(picture()), "b.png")}
    answer = client.post(f"/api/agents/{agent_id}/avatar", data=two, content_type="multipart/form-data")
    assert (answer.status_code, answer.json and list(answer.json["errors"])) == (422, ["other"])


def test_one_avatar_with_a_version(app: Flask, owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    path = f"/api/agents/{agent_id}/avatar"
    assert client.get(path).status_code == client.delete(path).status_code == 404
    before = client.get(f"/api/agents/{agent_id}").get_json()
    first = upload(client, agent_id, picture()).get_json()
    assert first["updated_at"] > before["updated_at"]
    assert {**first, "avatar_url": None, "updated_at": before["updated_at"]} == before
    again = client.get(first["avatar_url"])
    assert again.headers["Cache-Control"] == "private, max-age=86400"
    unchanged = client.get(path, headers={"If-None-Match": again.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert unchanged.headers["ETag"] == again.headers["ETag"]
    assert unchanged.headers["Cache-Control"] == "private, no-cache"
    second = upload(client, agent_id, picture(size=(10, 90))).get_json()
    assert second["avatar_url"] != first["avatar_url"]
    assert client.get(f"/api/agents/{agent_id}").get_json() == second
    assert client.get(first["avatar_url"]).headers["Cache-Control"] == "private, no-cache"
    assert client.get(path, headers={"If-None-Match": again.headers["ETag"]}).status_code == 200
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM agent_avatars")) == 1
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == client.get(path).status_code == 404
    assert client.get(f"/api/agents/{agent_id}").get_json()["avatar_url"] is None


def test_a_deleted_agent_takes_its_avatar_along(app: Flask, owned: tuple[FlaskClient, str]) -> None:
    client, agent_id = owned
    upload(client, agent_id, picture())
    assert client.delete(f"/api/agents/{agent_id}").status_code == 204
    assert client.get(f"/api/agents/{agent_id}/avatar").status_code == 404
    assert upload(client, agent_id, picture()).status_code == 404
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM agent_avatars")) == 0


def test_whose_avatars_they_are(world: World, sign_in: SignIn) -> None:
    team = world.team()
    admin, user = sign_in(world.account(team, role="admin")), sign_in(world.account(team))
    stranger = sign_in(world.account(role="admin"))
    agent_id = world.agent(team)
    path = f"/api/agents/{agent_id}/avatar"
    assert upload(admin, agent_id, picture()).status_code == 200
    assert user.get(path).status_code == 200
    for answer in (upload(user, agent_id, picture()), user.delete(path)):
        assert (answer.status_code, answer.json and answer.json["code"]) == (403, "admin_required")
    for answer in (upload(stranger, agent_id, picture()), stranger.delete(path), stranger.get(path)):
        assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")


def test_a_list_costs_the_same_with_avatars_and_reads_none_of_them(app: Flask, world: World, sign_in: SignIn) -> None:
    account = world.account(role="admin")
    client = sign_in(account)
    costs = []
    for _ in range(2):
        agent_id = world.agent(account.team_id)
        assert upload(client, agent_id, picture()).status_code == 200
        with counted(app) as statements:
            listed = client.get("/api/agents/").get_json()
        assert all(agent["avatar_url"] for agent in listed["items"])
        assert not any("content" in statement for statement in statements)
        costs.append(len(statements))
    assert costs == [1, 1], "the page; who is calling is remembered"
