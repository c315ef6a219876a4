"""Which addresses may be called, and that the connection goes to the address that was checked."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests

from chatstream.errors import UpstreamUnreachable, WebhookBlocked
from chatstream.services.outbound import CheckedAdapter, Line, OutboundPolicy, is_public, tls_context, unwrapped
from tests.support.raw_server import CaptureServer, response
from tests.support.tls_server import certificate, tls_server

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "::127.0.0.2"]
INNER = [
    "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.5", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "192.88.99.1", "::", "fe80::1", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1",
    "100::1", "4000::1", "::ffff:10.0.0.1", "::a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
    "64:ff9b:1::a00:1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "fd00:ec2::254", "100.100.100.200",
]  # fmt: skip


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Make names resolve to these addresses, one list a lookup (the last for ever); returns the hosts asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        if not found:
            raise socket.gaierror(-2, "Name or service not known")
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [(family, 1, 6, "", (address, port)) for family, address in zip(families, found, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


class TestAddresses:
    @pytest.mark.parametrize("literal", PUBLIC)
    def test_public(self, literal: str) -> None:
        assert is_public(unwrapped(ipaddress.ip_address(literal)))

    @pytest.mark.parametrize("literal", [*LOOPBACK, *INNER])
    def test_not_public(self, literal: str) -> None:
        assert not is_public(unwrapped(ipaddress.ip_address(literal)))

    @pytest.mark.parametrize("literal", [*LOOPBACK, *INNER])
    def test_refused_by_name_and_as_a_literal(self, literal: str, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, [literal])
        for host in ("inner.example", literal):
            with pytest.raises(WebhookBlocked):
                OutboundPolicy().resolve(host, 80)

    @pytest.mark.parametrize("literal", LOOPBACK)
    def test_loopback_only_where_it_is_allowed(self, literal: str, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, [literal])
        assert OutboundPolicy(allow_loopback=True).resolve("x.example", 80)

    @pytest.mark.parametrize("literal", INNER)
    def test_inner_addresses_not_even_in_development(self, literal: str, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, [literal])
        with pytest.raises(WebhookBlocked):
            OutboundPolicy(allow_loopback=True).resolve("x.example", 80)

    @pytest.mark.parametrize("literal", ["168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110"])
    def test_metadata_on_a_public_address(self, literal: str, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, [literal])
        with pytest.raises(WebhookBlocked):
            OutboundPolicy().resolve("x.example", 80)

    @pytest.mark.parametrize("spelling", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1", "localhost", "LOCALHOST."])
    def test_odd_spellings_are_decided_on_what_they_mean(self, spelling: str) -> None:
        with pytest.raises(WebhookBlocked):
            OutboundPolicy().resolve(spelling, 80)
        assert OutboundPolicy(allow_loopback=True).resolve(spelling, 80)

    def test_of_several_addresses_the_permitted_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["10.0.0.1", "8.8.8.8", "::1"])
        assert OutboundPolicy().resolve("x.example", 80) == [(socket.AF_INET, ("8.8.8.8", 80))]

    def test_a_name_that_does_not_resolve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, [])
        with pytest.raises(UpstreamUnreachable):
            OutboundPolicy().resolve("x.example", 80)


class TestAllowedHosts:
    @pytest.mark.parametrize(
        ("entries", "host", "address", "allowed"),
        [
            (["n8n.example"], "N8N.example.", "10.0.0.5", True),
            (["n8n.example"], "n8n.example", "127.0.0.1", True),
            (["n8n.example"], "n8n.example", "169.254.169.254", False),
            (["n8n.example"], "n8n.example", "0.0.0.0", False),
            (["n8n.example"], "n8n.example", "fd00:ec2::254", False),
            (["n8n.example"], "n8n.example", "100.100.100.200", False),
            (["n8n.example"], "n8n.example", "fd00::5", True),
            (["fd00:ec2::/32"], "x.example", "fd00:ec2::254", True),
            (["n8n.example"], "x.n8n.example", "8.8.8.8", False),
            (["*.example"], "a.b.example", "10.0.0.5", True),
            (["*.example"], "example", "8.8.8.8", False),
            (["*.example"], "badexample", "8.8.8.8", False),
            (["bücher.example"], "xn--bcher-kva.example", "10.0.0.5", True),
            (["10.0.0.0/8"], "any.example", "10.1.2.3", True),
            (["10.0.0.0/8"], "any.example", "::ffff:10.1.2.3", True),
            (["10.0.0.0/8"], "any.example", "8.8.8.8", False),
            (["10.0.0.0/8", "n8n.example"], "n8n.example", "192.168.0.1", True),
            (["127.0.0.1"], "127.0.0.1", "127.0.0.1", True),
            (["127.0.0.1"], "127.0.0.2", "127.0.0.2", False),
            (["[::1]"], "::1", "::1", True),
            (["169.254.0.0/16"], "x.example", "169.254.169.254", True),
        ],
    )
    def test_these_and_nothing_else(
        self, entries: list[str], host: str, address: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resolving(monkeypatch, [address])
        policy = OutboundPolicy(allowed_hosts=entries, allow_loopback=True)
        if allowed:
            assert policy.resolve(host, 80)
        else:
            with pytest.raises(WebhookBlocked, match="not allowed"):
                policy.resolve(host, 80)

    def test_another_name_is_refused_without_asking_the_resolver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = resolving(monkeypatch, ["8.8.8.8"])
        with pytest.raises(WebhookBlocked):
            OutboundPolicy(allowed_hosts=["n8n.example"]).resolve("other.example", 80)
        assert asked == []

    @pytest.mark.parametrize(
        "entry",
        ["", "*", "*.", "http://n8n.example", "n8n.example:5678", "n8n.example/x", "10.0.0.5/8", "10.0.0.0/33",
         "127.1", "0x7f000001", "2130706433", "a b", "*.*.example", "1.2.3.4.5", "-x.example", "::1/200"],
    )  # fmt: skip
    def test_bad_entries_are_named(self, entry: str) -> None:
        with pytest.raises(ValueError, match="is not a host name") as caught:
            OutboundPolicy(allowed_hosts=["good.example", entry])
        assert repr(entry) in str(caught.value)


class TestCheckUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "http://8.8.8.8/webhook/x",
            "https://n8n.example:5678/webhook/x?y=1",
            "HTTPS://N8N.Example/",
            "http://[2606:4700::1]:80/",
        ],
    )
    def test_good(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["8.8.8.8"])
        OutboundPolicy().check_url(url)

    @pytest.mark.parametrize(
        "url",
        [
            "", "n8n.example/x", "ftp://n8n.example/", "file:///etc/passwd", "gopher://8.8.8.8/", "http://", "http:///x",
            "http://user@n8n.example/", "http://user:pw@n8n.example/", "http://@n8n.example/", "http://n8n.example:0/",
            "http://n8n.example:99999/", "http://n8n.example:x/", "http://n8n.example/ x", "http://n8n.example/\r\nX:y",
            "http://n8n.example\\@8.8.8.8/", "http://n8n.example/\0", "http://[::1/", "http://[fe80::1%25eth0]/",
            "http://127.0.0.1%2f.example/", "http://a..example/", "http://" + "a" * 300 + "/", "http://x/\ud800",
            "http://n8n.example/" + "x" * 2000, "//8.8.8.8/", "javascript:alert(1)", "http://①②⑦.0.0.1/",
        ],
    )  # fmt: skip
    def test_bad(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["127.0.0.1"])
        with pytest.raises(WebhookBlocked) as caught:
            OutboundPolicy().check_url(url)
        assert caught.value.said

    def test_the_reason_does_not_tell_the_inner_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["10.1.2.3"])
        with pytest.raises(WebhookBlocked) as caught:
            OutboundPolicy().check_url("http://inner.example/")
        assert "10.1.2.3" not in str(caught.value.said)

    def test_a_name_that_does_not_resolve_is_accepted_for_now(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, [])
        OutboundPolicy().check_url("http://later.example/")


def session(policy: OutboundPolicy, context: ssl.SSLContext | None = None) -> requests.Session:
    one = requests.Session()
    one.trust_env = False
    for scheme in ("http://", "https://"):
        one.mount(scheme, CheckedAdapter(Line(policy), lambda: context or tls_context()))
    return one


class TestConnection:
    def test_goes_to_the_checked_address_under_the_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = resolving(monkeypatch, ["127.0.0.1"], ["8.8.8.8"])
        with CaptureServer([(0, response(b"hi"))]) as server, session(OutboundPolicy(allow_loopback=True)) as one:
            assert one.get(f"http://n8n.example:{server.port}/", timeout=5).text == "hi"
        assert asked == ["n8n.example"], "one lookup: between checking and connecting nothing can change"
        assert f"Host: n8n.example:{server.port}".encode() in server.requests[0]

    def test_a_name_that_resolves_to_something_else_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
        policy = OutboundPolicy()
        with CaptureServer([(0, response(b"hi"))]) as server, session(policy) as one:
            policy.check_url(f"http://rebound.example:{server.port}/")
            with pytest.raises(WebhookBlocked):
                one.get(f"http://rebound.example:{server.port}/", timeout=5)
        assert server.connections == 0

    def test_tries_the_next_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["127.0.0.2", "127.0.0.1"])
        with CaptureServer([(0, response(b"hi"))]) as server, session(OutboundPolicy(allow_loopback=True)) as one:
            assert one.get(f"http://n8n.example:{server.port}/", timeout=5).text == "hi"

    def test_tls_checks_the_certificate_for_the_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        resolving(monkeypatch, ["127.0.0.1"])
        pem = certificate(tmp_path, "n8n.example")
        trusting = ssl.create_default_context(cafile=str(pem))
        policy = OutboundPolicy(allow_loopback=True)
        names: list[str | None] = []
        with tls_server(pem, names) as port:
            with session(policy, trusting) as one:
                assert one.get(f"https://n8n.example:{port}/", timeout=5).text == "hi"
                with pytest.raises(requests.exceptions.SSLError):
                    one.get(f"https://other.example:{port}/", timeout=5)
            with session(policy) as one, pytest.raises(requests.exceptions.SSLError):
                one.get(f"https://n8n.example:{port}/", timeout=5)
        assert names == ["n8n.example", "other.example", "n8n.example"]
