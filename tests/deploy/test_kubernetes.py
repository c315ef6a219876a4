"""The Kubernetes manifests: valid by Kubernetes' own schemas, and in agreement with each other and the server."""

from __future__ import annotations

import tomllib
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.architecture.test_documented_settings import NAMES
from tests.deploy.test_monitoring import METRICS
from tests.support.server import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
BY_HAND = {"kustomization.yaml", "migration.yaml", "prometheus-adapter.yaml", "secret.example.yaml"}
"""Not in the kustomization: applied before it, to something else, or never."""
RELEASES = ("1.30", "1.37")
SETTINGS = NAMES

Manifest = dict[str, Any]


def manifest(name: str) -> Manifest:
    found: Manifest = yaml.safe_load((FOLDER / name).read_text())
    return found


MANIFESTS = sorted(
    path.name for path in FOLDER.iterdir() if path.name not in ("kustomization.yaml", "prometheus-adapter.yaml")
)


def pod_of(found: Manifest) -> Manifest:
    spec = found["spec"]
    pod: Manifest = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]
    return pod


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_valid(name: str, release: str) -> None:
    kubernetes_validate.validate(manifest(name), release, strict=True)


def test_the_kustomization_has_every_manifest() -> None:
    resources = set(manifest("kustomization.yaml")["resources"])
    assert resources == {path.name for path in FOLDER.iterdir()} - BY_HAND


def test_there_is_time_to_stop() -> None:
    pod = pod_of(manifest("deployment.yaml"))["spec"]
    (container,) = pod["containers"]
    (_, pause) = container["lifecycle"]["preStop"]["exec"]["command"]
    graceful = int(manifest("configmap.yaml")["data"]["GRACEFUL_TIMEOUT"])
    assert pod["terminationGracePeriodSeconds"] >= int(pause) + graceful + 10


@pytest.mark.parametrize("name", ["deployment.yaml", "maintenance.yaml", "migration.yaml"])
def test_pods_are_shut_in(name: str) -> None:
    pod = pod_of(manifest(name))["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", ["service.yaml", "poddisruptionbudget.yaml", "networkpolicy.yaml", "deployment.yaml"])
def test_selectors_find_the_nodes(name: str) -> None:
    spec = manifest(name)["spec"]
    selector = spec.get("podSelector", spec.get("selector", {}))
    wanted = selector.get("matchLabels", selector)
    labels = pod_of(manifest("deployment.yaml"))["metadata"]["labels"]
    assert wanted
    assert wanted.items() <= labels.items()


def test_only_nodes_are_served_and_scaled() -> None:
    jobs = [pod_of(manifest(name))["metadata"]["labels"] for name in ("maintenance.yaml", "migration.yaml")]
    selector = manifest("service.yaml")["spec"]["selector"]
    assert not any(selector.items() <= labels.items() for labels in jobs)
    scaler = manifest("horizontalpodautoscaler.yaml")["spec"]
    assert scaler["scaleTargetRef"]["name"] == manifest("deployment.yaml")["metadata"]["name"]
    (metric,) = scaler["metrics"]
    assert metric["pods"]["metric"]["name"] in METRICS
    (rule,) = manifest("prometheus-adapter.yaml")["rules"]["custom"]
    assert rule["seriesQuery"].startswith(metric["pods"]["metric"]["name"] + "{")


def test_settings_exist_and_secrets_have_no_values() -> None:
    assert set(manifest("configmap.yaml")["data"]) <= SETTINGS
    secrets = manifest("secret.example.yaml")["stringData"]
    assert set(secrets) <= SETTINGS
    assert set(secrets.values()) == {""}


def test_one_release_is_named_everywhere() -> None:
    release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    (image,) = manifest("kustomization.yaml")["images"]
    (container,) = pod_of(manifest("migration.yaml"))["spec"]["containers"]
    assert image["newTag"] == release
    assert container["image"] == f"{image['newName']}:{release}"
    assert f"CHATSTREAM_VERSION={release}\n" in (ROOT / "deploy" / "docker" / "env.example").read_text()
