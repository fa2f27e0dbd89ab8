"""Where deliveries may go, and how one is sent there: never into the city's own network unasked.

The name of a receiver is looked up once for each attempt. Every address that it has must be public,
and the connection goes to the very address that was checked, so that a name cannot point elsewhere
a moment later. Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Answer", "Target", "send"]

_PORTS: Final = {"http": 80, "https": 443}
Lookup = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt: the status of the answer, or what hindered it."""

    status: int | None
    problem: str | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver acknowledged."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Target:
    """The address of a receiver.

    Attributes
    ----------
    private
        Whether it may lie in a network that is not public, and be reached without encryption.
    """

    url: str
    private: bool = False

    def __post_init__(self) -> None:
        parts = self.parts()
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InputError(
                Text("a receiver has an address with http or https", "接收地址须为 http 或 https"),
                field="url",
            )
        if parts.username or parts.password or parts.fragment:
            raise InputError(
                Text(
                    "the address of a receiver holds no account and no fragment",
                    "接收地址不得含账号或片段",
                ),
                field="url",
            )
        if any(ord(one) <= 32 or ord(one) > 126 for one in self.url):
            raise InputError(
                Text("the address of a receiver is plain ASCII", "接收地址须为 ASCII 字符"),
                field="url",
            )
        if parts.scheme != "https" and not self.private:
            raise InputError(
                Text("a public receiver is reached by https", "公网接收地址须使用 https"),
                field="url",
                cure=Text("Add: --allow-private.", "如在内网，请添加：--allow-private。"),
            )

    def parts(self) -> SplitResult:
        """Return the parts of the address.

        Raises
        ------
        InputError
            If it is none.
        """
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError as error:
            raise InputError(
                Text(f"this is no address: {error}", f"地址无效：{error}"), field="url"
            ) from error
        return parts

    def addresses(self, lookup: Lookup) -> list[str]:
        """Return the addresses that the receiver's name has now, all of which may be reached.

        Raises
        ------
        InputError
            If one of them is not public and that is not allowed.
        OSError
            If the name is not known.
        """
        parts = self.parts()
        found = list(lookup(str(parts.hostname), parts.port or _PORTS[parts.scheme]))
        for one in found:
            if not self.private and not _is_public(one):
                raise InputError(
                    Text(
                        f"{parts.hostname} has the address {one}, which is not public",
                        f"{parts.hostname} 的地址 {one} 不是公网地址",
                    ),
                    field="url",
                    cure=Text(
                        "Add --allow-private if it is meant.", "如确需，请添加 --allow-private。"
                    ),
                )
        return found


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        for inner in (
            found.ipv4_mapped,
            found.sixtofour,
            found.teredo[1] if found.teredo else None,
        ):
            if inner is not None:
                return _is_public(str(inner))
    return found.is_global and not found.is_multicast


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, whatever the name says by now."""

    def __init__(self, parts: SplitResult, address: str, seconds: float) -> None:
        port = parts.port or _PORTS[parts.scheme]
        super().__init__(str(parts.hostname), port, timeout=seconds)
        self._address = address
        self._encrypted = parts.scheme == "https"

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = plain
        if self._encrypted:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.host)


def send(
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
    lookup: Lookup = look_up,
) -> Answer:
    """Send one delivery and return what came of it; never longer than so many seconds.

    What hinders it is an answer too: it is tried again.
    """
    begun = time.monotonic()
    try:
        address = target.addresses(lookup)[0]
    except InputError as error:
        return Answer(None, error.problem)
    except (OSError, IndexError, UnicodeError) as error:
        return Answer(None, f"the name was not found: {error}")
    left = seconds - (time.monotonic() - begun)
    if left <= 0:
        return Answer(None, "looking up the name took too long")
    return _post(_Pinned(target.parts(), address, left), target.parts(), headers, body, left)


def _post(
    connection: _Pinned,
    parts: SplitResult,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
) -> Answer:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # A receiver that drips keeps each wait short, so the whole is cut off as well.
    watch = threading.Timer(seconds, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", path, body, dict(headers))
        return _told(connection.getresponse().status)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, f"{type(error).__name__}: {error}")
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: _Pinned) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _told(status: int) -> Answer:
    return Answer(status, None if 200 <= status < 300 else f"the receiver answered {status}")
