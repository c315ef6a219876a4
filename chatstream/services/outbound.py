"""Which addresses may be called, and the adapter that connects to the very address that was checked.

A webhook's address is typed in by a team's admin and called from inside our network: without this it could reach
the cloud's metadata service, databases, or another team's n8n. Checking the name and connecting later is not enough
(the name may resolve to something else by then), so the decision falls in the connection itself.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import certifi
import gevent
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from chatstream.errors import UpstreamUnreachable, WebhookBlocked

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SocketAddress = tuple[socket.AddressFamily, tuple[Any, ...]]
Stage = Literal["name", "connection", "tls", "exchange"]

MAX_URL = 2000
LOOKUP_S = 3.0  # for a name when an agent is saved; a slow resolver must not hold the request

_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Not public, whatever `ipaddress` of this Python says: protocol assignments, 6to4 relays, documentation.
_SPECIAL: tuple[Network, ...] = tuple(
    ipaddress.ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")
)
# Where clouds serve a machine its credentials, other than link-local: AWS over IPv6, Alibaba, Oracle; Azure's, which
# counts as public.
_METADATA = frozenset(
    ipaddress.ip_address(literal) for literal in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")
)


@contextmanager
def within(seconds: float | None, failure: Callable[[], Exception]) -> Iterator[None]:
    """Bound a block in time, whatever it waits for; ``failure`` makes what is raised when it takes longer.

    Works where gevent has patched the sockets. Where it has not, nothing can interrupt: sockets need their own limit.
    """
    timer = gevent.Timeout(seconds)
    timer.start()
    try:
        yield
    except gevent.Timeout as fired:
        if fired is not timer:
            raise
        raise failure() from None
    finally:
        timer.close()


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for (mapped, compatible, 6to4, NAT64, Teredo), or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    number = int(address)
    if address in _MAPPED or address in _NAT64 or (address in _COMPATIBLE and number > 1):
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return address


def is_public(address: Address) -> bool:
    """Whether an `unwrapped` address belongs to a host on the internet. ``is_global`` alone lets multicast through."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if address.is_multicast or address.is_reserved or any(address in block for block in _SPECIAL):
        return False
    return address.is_global and not address.is_private


class OutboundPolicy:
    """Decides which webhooks may be called.

    ``allowed_hosts``: names, ``*.suffix`` (any name below it), addresses and CIDR blocks; when given, these and
    nothing else. A name on the list may resolve to private addresses, though never to link-local ones or others of a
    cloud's metadata unless a block names them. Without a list: public addresses, and with ``allow_loopback`` this
    machine.
    Raises ValueError naming an entry that is none of these.
    """

    def __init__(self, *, allowed_hosts: Sequence[str] = (), allow_loopback: bool = False) -> None:
        self._allow_loopback = allow_loopback
        self._restricted = bool(allowed_hosts)
        self._names: set[str] = set()
        self._suffixes: list[str] = []
        self._networks: list[Network] = []
        for entry in allowed_hosts:
            self._allow(entry.strip().lower())

    def check_url(self, url: str) -> None:
        """For an address that is about to be saved. Raises WebhookBlocked, whose ``said`` tells what is wrong.

        A name that does not resolve now is accepted: it is checked again with each connection.
        """
        parts = self.check_form(url)
        with suppress(UpstreamUnreachable), within(LOOKUP_S, UpstreamUnreachable):
            self.resolve(str(parts.hostname), parts.port or 0)

    def check_form(self, url: str) -> SplitResult:
        """The address taken apart, without asking the network. Raises WebhookBlocked."""
        if len(url) > MAX_URL:
            raise WebhookBlocked(f"The address is longer than {MAX_URL} characters.")
        if _UNFIT.search(url):
            raise WebhookBlocked("The address has spaces, backslashes or control characters in it.")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise WebhookBlocked("The address is not a valid URL.") from None
        if parts.scheme not in ("http", "https"):
            raise WebhookBlocked("The address must begin with http:// or https://.")
        if "@" in parts.netloc:
            raise WebhookBlocked("The address must not hold a user name or a password.")
        if port == 0:
            raise WebhookBlocked("The address has an impossible port.")
        if not parts.hostname or _ascii(parts.hostname) is None:
            raise WebhookBlocked("The address has no valid host name.")
        return parts

    def resolve(self, host: str, port: int) -> list[SocketAddress]:
        """The (family, sockaddr) pairs of ``host`` that may be connected to, in the resolver's order.

        Raises WebhookBlocked when none may, UpstreamUnreachable when the name does not resolve. The resolver takes
        spellings like ``0x7f000001`` and ``127.1`` too: what counts is the address that comes of them.
        """
        name = _ascii(host)
        if name is None:
            raise WebhookBlocked("The address has no valid host name.")
        named = name in self._names or any(name.endswith(suffix) for suffix in self._suffixes)
        if self._restricted and not named and not self._networks:
            raise WebhookBlocked(f"The host {host} is not on the list of allowed hosts (WEBHOOK_ALLOWED_HOSTS).")
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise UpstreamUnreachable(f"The host name {host} does not resolve.") from None
        permitted: list[SocketAddress] = [
            (family, sockaddr)
            for family, _, _, _, sockaddr in found
            if family in (socket.AF_INET, socket.AF_INET6) and self._permits(str(sockaddr[0]), named=named)
        ]
        if not permitted:
            raise WebhookBlocked(self._refusal(host))
        return permitted

    def _permits(self, literal: str, *, named: bool) -> bool:
        try:
            address = unwrapped(ipaddress.ip_address(literal.partition("%")[0]))
        except ValueError:
            return False
        if any(address in network for network in self._networks):
            return True
        if address in _METADATA:
            return False
        if address.is_loopback:
            return named or (self._allow_loopback and not self._restricted)
        if named:
            return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)
        return not self._restricted and is_public(address)

    def _refusal(self, host: str) -> str:
        if self._restricted:
            return f"The host {host} is not on the list of allowed hosts (WEBHOOK_ALLOWED_HOSTS)."
        return f"The host {host} is not on the public internet. The operator can allow it with WEBHOOK_ALLOWED_HOSTS."

    def _allow(self, entry: str) -> None:
        if entry.startswith("*.") and _is_name(entry[2:]):
            self._suffixes.append(entry[1:].rstrip("."))
            return
        try:
            network = ipaddress.ip_network(entry.removeprefix("[").removesuffix("]"))
        except ValueError:
            name = _ascii(entry)
            if name is None or not _is_name(name):
                raise ValueError(
                    f"{entry!r} is not a host name, *.suffix, IP address or CIDR block (without scheme, port or path)"
                ) from None
            self._names.add(name)
        else:
            self._networks.append(network)


def _ascii(host: str) -> str | None:
    """A host in the spelling that names are compared in; None where it can not be a host."""
    host = host.rstrip(".").lower()
    if ":" in host:
        return host if "%" not in host else None
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return None
    return name if _NAME.fullmatch(name) else None


def _is_name(name: str) -> bool:
    """A DNS name, and not an IPv4 address in one of its odd spellings (those end in a number)."""
    last = name.rstrip(".").rpartition(".")[2]
    return bool(_NAME.fullmatch(name.rstrip("."))) and not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last)


class Line:
    """What became of the connection of one call. ``stage``: what is being done, or failed."""

    def __init__(self, policy: OutboundPolicy) -> None:
        self.policy = policy
        self.stage: Stage = "name"
        self.socket: socket.socket | None = None

    @property
    def connected(self) -> bool:
        """Whether anything can have been sent: TCP, and TLS where it is spoken, stood."""
        return self.socket is not None

    def dial(self, connection: HTTPConnection) -> socket.socket:
        """A socket to the first permitted address that answers. Raises what `OutboundPolicy.resolve` raises, and
        urllib3's ConnectTimeoutError and NewConnectionError."""
        failure: OSError | None = None
        timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
        addresses = self.policy.resolve(connection.host, connection.port or 0)
        self.stage = "connection"
        for family, address in addresses:
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                for option in connection.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(timeout)
                sock.connect(address)
            except BaseException as error:
                sock.close()
                if not isinstance(error, OSError):
                    raise
                failure = error
            else:
                self.stage = "tls"
                return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(connection, "The connection timed out.") from failure
        raise NewConnectionError(connection, f"No connection: {failure}") from failure

    def connect(self, connection: HTTPConnection, connect: Callable[[], None]) -> None:
        """``connect`` within the connection's connect timeout: names, TCP and TLS together."""
        seconds = connection.timeout if isinstance(connection.timeout, int | float) else None
        with within(seconds, lambda: ConnectTimeoutError(connection, "The connection timed out.")):
            connect()
        self.stage = "exchange"
        self.socket = connection.sock


class _CheckedHTTPConnection(HTTPConnection):
    """Connects where its `Line` says. Host stays the name."""

    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        self._line = line
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        return self._line.dial(self)

    def connect(self) -> None:
        """Connect, in bounded time."""
        self._line.connect(self, super().connect)


class _CheckedHTTPSConnection(HTTPSConnection):
    """Connects where its `Line` says. Host, SNI and the name in the certificate stay the name."""

    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        self._line = line
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> socket.socket:
        return self._line.dial(self)

    def connect(self) -> None:
        """Connect and shake hands, in bounded time."""
        self._line.connect(self, super().connect)


class _CheckedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


class CheckedAdapter(HTTPAdapter):
    """A requests adapter for one call: no retries, no proxies, every connection through ``line``.

    ``tls`` makes the TLS context, when one is needed: loading the certificates takes 20 ms, so it is shared.
    """

    def __init__(self, line: Line, tls: Callable[[], ssl.SSLContext]) -> None:
        self._line = line
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """requests' hook for the pools."""
        super().init_poolmanager(connections, maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": self._http_pool, "https": self._https_pool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - requests' signature
        """requests' hook for certificates: the shared context has them."""
        conn.cert_reqs = "CERT_REQUIRED"

    def _http_pool(self, host: str, port: int | None = None, **options: Any) -> HTTPConnectionPool:
        return _CheckedHTTPPool(host, port, line=self._line, **options)

    def _https_pool(self, host: str, port: int | None = None, **options: Any) -> HTTPSConnectionPool:
        return _CheckedHTTPSPool(host, port, **{**options, "ssl_context": self._tls()}, line=self._line)


def tls_context() -> ssl.SSLContext:
    """Verifies against certifi's authorities and the system's (``SSL_CERT_FILE``: an authority of one's own)."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
