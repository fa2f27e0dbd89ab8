"""What every door needs of a running city: its cases, who asks, and where things are."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from pyproj import Transformer
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from dizuo.api.services import Service, list_services
from dizuo.api.size_limit import RequestLimits
from dizuo.operations.access.accounts import Account, digest
from dizuo.operations.access.policy import Policy
from dizuo.operations.access.sessions import Session
from dizuo.operations.access.visitor import Visitor, assets_by_unit
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import Actor, NewCase, Opened
from dizuo.operations.ground import Ground
from dizuo.operations.intake import Intake
from dizuo.operations.opening import Operations

__all__ = ["Door"]

Answer = TypeVar("Answer")
Place = tuple[float, float]


class Door:
    """The running city, as the routes see it.

    Parameters
    ----------
    intake
        Takes reports in.
    ground
        Tells cells, blocks and addresses, in the city's own metres.
    """

    def __init__(self, operations: Operations, intake: Intake, ground: Ground) -> None:
        self.operations = operations
        self.ground = ground
        self.limits = RequestLimits.load(operations.folder / "requests.toml")
        self._intake = intake
        self._to_degrees = Transformer.from_crs(ground.crs, "EPSG:4326", always_xy=True)
        duties = operations.duties
        self._owned = assets_by_unit(duties.owners) if duties else {}
        self._services: tuple[object, Mapping[str, Service]] | None = None

    @property
    def types(self) -> CaseTypes:
        """The case types of the city."""
        return self.operations.office.types

    def now(self) -> datetime:
        """Return the time."""
        return self.operations.log.clock.now()

    def services(self) -> Mapping[str, Service]:
        """Return what can be reported today."""
        today = self.now().date()
        if self._services is None or self._services[0] != today:
            made = list_services(self.types, self.operations.taxonomy, today)
            self._services = (today, made)
        return self._services[1]

    @property
    def policy(self) -> Policy:
        """Who may do what."""
        return self.operations.entrance.policy

    async def visitor(self, request: Request, permission: str) -> Visitor | None:
        """Return whoever comes with a request: the public without a key, None with a wrong one.

        A session that has ended is no wrong key: a browser sends its cookie unasked.
        """
        given, session = request.headers.get("authorization"), None
        if given is not None:
            account = await self._account_of(given)
            if account is None:
                return None
        else:
            session = await self._session_of(request.cookies.get(self.cookie_name))
            if session is None:
                return Visitor.public(self.policy, permission)
            account = session.account
        return Visitor(account.actor, permission, self.policy, self._owned, session)

    async def _account_of(self, given: str) -> Account | None:
        scheme, _, key = given.partition(" ")
        accounts, key = self.operations.entrance.accounts, key.strip()
        if scheme.lower() != "bearer" or not key:
            return None
        known = accounts.remembered.at_hand(digest(key))
        return known or await run_in_threadpool(accounts.of_key, key)

    async def _session_of(self, cookie: str | None) -> Session | None:
        if not cookie:
            return None
        return await run_in_threadpool(self.operations.entrance.sessions.find, cookie)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the doors over TLS."""
        return self.operations.entrance.settings.public_url.startswith("https")

    @property
    def cookie_name(self) -> str:
        """Name of the cookie that holds a session; over TLS one that no other host can set."""
        return "__Host-dizuo" if self.is_secure else "dizuo_session"

    async def report(self, new: NewCase, actor: Actor) -> Opened:
        """Open a case; done when it is safe on disk."""
        return await self._intake.report(new, actor)

    async def read(self, work: Callable[[Connection], Answer]) -> Answer:
        """Look something up, without holding up other requests."""
        return await run_in_threadpool(self._read, work)

    def _read(self, work: Callable[[Connection], Answer]) -> Answer:
        engine = self.operations.engine
        with engine.connect().execution_options(reads_only=True) as connection:
            return work(connection)

    async def write(self, work: Callable[[Connection], Answer]) -> Answer:
        """Change something in one transaction, without holding up other requests."""
        return await run_in_threadpool(self._write, work)

    def _write(self, work: Callable[[Connection], Answer]) -> Answer:
        with self.operations.engine.begin() as connection:
            return work(connection)

    async def locate(self, address: str) -> Place | None:
        """Return where an address is, in the city's metres, if that is sure enough."""
        found = await run_in_threadpool(self.ground.locate, address)
        return None if found is None else (found.x, found.y)

    @staticmethod
    def new_delivery() -> str:
        """Name a report that came without a name."""
        return uuid.uuid4().hex

    def project(self, longitude: float, latitude: float) -> Place:
        """Return where degrees lie in the city's own metres; see :meth:`.Ground.place_of`."""
        return self.ground.place_of(longitude, latitude)

    def degrees(self, x: float, y: float) -> Place:
        """Return longitude and latitude of a place in the city's own metres."""
        longitude, latitude = self._to_degrees.transform(x, y)
        return float(longitude), float(latitude)

    def public_place(self, exactness: str, x: float | None, y: float | None) -> Place | None:
        """Return longitude and latitude as everybody may know them, or None."""
        if x is None or y is None or exactness == "none":
            return None
        place = (x, y) if exactness == "exact" else self.ground.middle_of_block(x, y)
        if place is None:
            return None
        longitude, latitude = self._to_degrees.transform(*place)
        return round(float(longitude), 6), round(float(latitude), 6)
