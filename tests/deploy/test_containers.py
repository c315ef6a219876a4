"""The image and the compose file: linted, and what can be run of them without Docker is run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose

from chatstream.config import BUNDLED_WEB_APP, Settings
from devkit.embedded_postgres import EmbeddedPostgres
from devkit.node import Node
from devkit.web import Web
from tests.architecture.test_documented_settings import NAMES, STRONG
from tests.deploy.nginx import programs
from tests.support.server import ROOT, Server, command_environment, free_port
from tests.support.settings import environment
from tests.support.tls_server import certificate

DOCKER = ROOT / "deploy" / "docker"
DOCKERFILE = DOCKER / "Dockerfile"
COMPOSE = DOCKER / "compose.yaml"
SETTINGS = NAMES


def program(name: str) -> str:
    """One that pip has brought."""
    return str(Path(sys.executable).with_name(name))


def filled(text: str) -> str:
    """``text`` with each variable replaced, as compose does it: by its default, else by a word."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{(\w+):\?[^}]*\}", r"\1", text).replace("$$", "$")


def project_as_read() -> dict[str, Any]:
    """The compose file with its variables and merges done, which the reader of the specification leaves to us."""
    project: dict[str, Any] = yaml.safe_load(filled(COMPOSE.read_text()))
    return {name: part for name, part in project.items() if not name.startswith("x-")}


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = project_as_read()["services"]
    return found


def copied() -> list[tuple[str, str]]:
    """What the last stage of the image copies from the checkout, and to where."""
    last = DOCKERFILE.read_text().split("\nFROM ")[-1]
    words = [line.split()[1:] for line in last.splitlines() if line.startswith("COPY ") and "--from" not in line]
    return [(source, target) for *sources, target in words for source in sources]


# --- the image ------------------------------------------------------------------------------------------------


def test_hadolint_accepts_the_dockerfile() -> None:
    result = subprocess.run([program("hadolint"), DOCKERFILE], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_what_the_image_holds_is_enough_and_may_be_read_only(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    """The database is migrated and the application loads, in a folder with nothing but what is copied."""
    root = tmp_path / "image"
    root.mkdir()
    for source, target in copied():
        place = root / source if target.endswith("/") else root / target
        (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, place)
    for path in root.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    postgres.create_database("image")
    variables = {**environment(postgres.url("image")), "PYTHONDONTWRITEBYTECODE": "1"}
    for command in (
        ["flask", "--app", "wsgi", "db", "upgrade"],
        ["gunicorn", "-c", "gunicorn.conf.py", "--check-config", "wsgi:app"],
    ):
        result = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=root,
            env=command_environment(variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr


def test_nothing_but_what_is_copied_is_sent_to_the_builder() -> None:
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert let_in == {source for source, _ in copied()} | {"requirements.txt", "requirements-otel.txt", "web"}


def test_the_web_client_is_built_in_a_stage_of_its_own(node: Node, tmp_path: Path) -> None:
    """What the stage copies is enough for its two commands, and what it leaves is put where the application looks."""
    stage = DOCKERFILE.read_text().split("\nFROM node:")[1].split("\nFROM ")[0]
    copies = [line.split()[1:] for line in stage.splitlines() if line.startswith("COPY ")]
    root = tmp_path / "web"
    for *sources, target in copies[:-1]:
        (root / target).mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copy(ROOT / source, root / target)
    install, build = (line.removeprefix("RUN npm ").split() for line in stage.splitlines() if line.startswith("RUN "))
    workspace = Web(root, tmp_path / "app")
    workspace.run(node, *install)
    assert copies[-1] == ["web", "./"]
    left_out = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "web", root, ignore=left_out, dirs_exist_ok=True)
    workspace.run(node, *build)
    assert f"COPY --from=web /{(root / 'app' / 'dist').relative_to(tmp_path)} chatstream/static/app\n" in (
        DOCKERFILE.read_text()
    )
    assert (ROOT / "chatstream" / "static" / "app") == BUNDLED_WEB_APP
    assert '<script type="module"' in (root / "app" / "dist" / "index.html").read_text()


def test_the_health_check_sees_whether_the_server_serves(server: Server) -> None:
    code = re.search(r'"-c", "(.*)"\]', DOCKERFILE.read_text())
    assert code
    command = [sys.executable, "-c", code[1].replace('\\"', '"')]
    for port, works in ((server.port, True), (free_port(), False)):
        result = subprocess.run(command, env={"PORT": str(port)}, capture_output=True, check=False)
        assert (result.returncode == 0) is works


def test_the_image_runs_as_nobody_in_particular() -> None:
    text = DOCKERFILE.read_text()
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert not re.search(r"apt-get|build-essential|gcc", text)


# --- compose --------------------------------------------------------------------------------------------------


def test_compose_takes_the_file() -> None:
    project = PyCompose.from_yaml(yaml.safe_dump(project_as_read()))
    assert set(project.service_names()) == {"nginx", "node-1", "node-2", "migrate", "postgres", "valkey", "n8n"}


def test_compose_is_not_careless() -> None:
    """compose-lint, which knows OWASP's and CIS' advice, finds nothing of weight."""
    result = subprocess.run([program("compose-lint"), COMPOSE], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_nodes_are_given_the_time_to_stop_and_a_read_only_root() -> None:
    for name in ("node-1", "node-2"):
        node = services()[name]
        assert (
            int(node["stop_grace_period"].removesuffix("s"))
            >= Settings.from_environment(STRONG).graceful_timeout_s + 10
        )
        assert node["read_only"] is True
        assert node["cap_drop"] == ["ALL"]


def test_the_settings_of_compose_exist() -> None:
    given = services()["node-1"]["environment"]
    assert set(given) <= SETTINGS
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (DOCKER / "env.example").read_text(), re.MULTILINE))
    assert offered <= asked
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text())) <= offered


def test_nginx_takes_what_compose_mounts(tmp_path: Path) -> None:
    """In a folder that is put together as compose does it; only a new nginx knows "resolve"."""
    for volume in services()["nginx"]["volumes"]:
        source, target, _ = volume.split(":")
        if target.startswith("/etc/nginx/") and source.startswith("."):
            place = tmp_path / target.removeprefix("/etc/nginx/")
            place.parent.mkdir(exist_ok=True)
            (shutil.copytree if (DOCKER / source).is_dir() else shutil.copy)(DOCKER / source, place)
    pem = certificate(tmp_path, "chat.example.org")
    (tmp_path / "mime.types").write_text("types { text/html html; }")
    (tmp_path / "conf.d" / "temporary.conf").write_text(f"client_body_temp_path {tmp_path}/body;\n")
    for file in tmp_path.rglob("*.conf"):
        text = re.sub(r"/etc/nginx/tls/\w+\.pem", str(pem), file.read_text()).replace("/etc/nginx/", f"{tmp_path}/")
        text = re.sub(r"^ *listen .*\n", "", text, flags=re.MULTILINE)  # ports that may be taken here
        file.write_text(text.replace("user nginx;", "").replace("/run/nginx.pid", f"{tmp_path}/pid"))
    command = [programs()[-1], "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
