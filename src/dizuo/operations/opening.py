"""Open the operations of a city: its log, its cases, its keys, by one call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from dizuo.base.config import read_config
from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.access.account_table import AccountProjection
from dizuo.operations.access.entrance import Entrance, open_entrance
from dizuo.operations.booking.desk import BookingDesk
from dizuo.operations.booking.limits import BookingLimits
from dizuo.operations.booking.offer import SLOTS_FILE, read_offer
from dizuo.operations.booking.tables import BookingProjection
from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.codes import require_codes
from dizuo.operations.cases.office import Actor, CaseOffice
from dizuo.operations.cases.register import one_case
from dizuo.operations.cases.requirements import SUGGESTED
from dizuo.operations.cases.table import CaseProjection
from dizuo.operations.clocks.calendar import Calendar
from dizuo.operations.clocks.calendar_files import CalendarBook
from dizuo.operations.dispatch.publishing import PublishedTable
from dizuo.operations.dispatch.report import Report
from dizuo.operations.duties import Duties, domain_of, publish_rules, read_duties, send
from dizuo.operations.event_log.backup import back_up, restore
from dizuo.operations.event_log.database import database_url, open_database, prepare
from dizuo.operations.event_log.event import LoggedEvent
from dizuo.operations.event_log.keys_of_a_log import require_keys_fit, require_keys_there
from dizuo.operations.event_log.log import Log, read_events
from dizuo.operations.event_log.migration import Migration, migrate
from dizuo.operations.event_log.sealing import Sequencer, signing_key
from dizuo.operations.event_log.vault import Vault, master_key
from dizuo.operations.event_log.verification import (
    DerivedProjection,
    Problem,
    public_key,
    verify,
)
from dizuo.operations.health import Health, examine
from dizuo.operations.incidents.desk import By, IncidentDesk
from dizuo.operations.incidents.incident_type import IncidentTypes
from dizuo.operations.incidents.plan import Plans
from dizuo.operations.incidents.tables import IncidentProjection
from dizuo.operations.incidents.warning import Sender, read_sender
from dizuo.operations.sensing.projection import SensingProjection
from dizuo.operations.shared_services.catalogue import Catalogue
from dizuo.operations.signals.alarm_cases import AlarmCases, link_new_reports
from dizuo.operations.signals.alarm_desk import AlarmDesk
from dizuo.operations.signals.alarm_quality import ALARM_EVENTS, AlarmQuality, alarm_quality
from dizuo.operations.signals.alarm_table import AlarmProjection
from dizuo.operations.signals.observation_store import BatchProjection, verify_observations
from dizuo.operations.signals.office import SignalOffice
from dizuo.operations.signals.refusals import RefusalProjection, Refusals
from dizuo.operations.signals.register import Register
from dizuo.operations.signals.register_table import RegisterProjection
from dizuo.operations.signals.rule_files import load_alarm_rules
from dizuo.operations.signals.rules import AlarmRule
from dizuo.operations.signals.snapshots import signal_snapshot
from dizuo.operations.signals.taking_in import TakingIn
from dizuo.operations.taxonomy.reading import Taxonomy, load_taxonomy
from dizuo.operations.time import Clock, SetClock, SystemClock
from dizuo.operations.webhooks.outbox import Outbox
from dizuo.operations.webhooks.settings import DeliverySettings
from dizuo.operations.webhooks.subscriptions import SubscriptionDesk
from dizuo.operations.webhooks.tables import webhook_tables, webhooks_backed_up

if TYPE_CHECKING:
    from dizuo.operations.ground import UnitGrid
    from dizuo.operations.texts.case_reading import TextReader

__all__ = [
    "Operations",
    "calendar_of",
    "communities_of",
    "migrate_operations",
    "open_operations",
    "open_replay",
    "zone_and_sender",
]

_CALENDAR: Final = "cn_default"
_BY_RULE: Final = frozenset({"rule"})
_REPLAYING: Final = Actor("operator", frozenset())
_CLASSES: Final = frozenset({"category", "nature"})
_TEXTS: Final = "texts"
"""Folder of the classifiers that a city keeps."""


@dataclass(frozen=True)
class Operations:
    """The operations of one city."""

    folder: Path
    engine: Engine
    log: Log
    office: CaseOffice
    sequencer: Sequencer
    taxonomy: Taxonomy
    entrance: Entrance
    projections: tuple[DerivedProjection, ...]
    incidents: IncidentDesk
    bookings: BookingDesk
    webhooks: SubscriptionDesk
    signals: SignalOffice
    duties: Duties | None = None
    sender: Sender | None = None

    def unit_name(self, unit: str) -> str:
        """Return what people call a unit; its id where the city's table gives no name."""
        return self.duties.names.get(unit, unit) if self.duties else unit

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the city's calendar."""
        today = self.log.clock.now().date()
        return self.office.calendars.current(self.office.calendar, today).zone

    @property
    def alarms(self) -> AlarmDesk:
        """What people do about alarms."""
        return AlarmDesk(self.log, self.act, self.incidents)

    def alarm_quality(self, begin: datetime, end: datetime) -> AlarmQuality:
        """Return how good the alarms of a span of time were, from the log; the end is not in it.

        Raises
        ------
        InputError
            If the span is empty or no device is active.
        """
        register, _ = self.signals.newest()
        devices = {one.id: one.device for one in register.streams if one.active}
        with self.engine.connect().execution_options(reads_only=True) as connection:
            pages = read_events(connection, of=ALARM_EVENTS)
            return alarm_quality((one for page in pages for one in page), devices, begin, end)

    @property
    def refusals(self) -> Refusals:
        """What was published and could not be taken in."""
        return Refusals(self.log, self.office.vault)

    def act(
        self, connection: Connection, case: str, action: str, actor: Actor, **given: Any
    ) -> LoggedEvent | None:
        """Do one thing with a case, and send it on by the published rules if it now can be.

        Parameters and errors are those of :meth:`.CaseOffice.act`. A case that a unit returned is
        not sent again by rule: the centre decides. Where a person gives a class, the log also says
        which one was suggested.
        """
        given["given"] = self._beside_suggestion(connection, case, given.get("given"))
        if given["given"].keys() & _CLASSES:
            kind = self.office.types.get(one_case(connection, case)["case_type"])
            today = self.log.clock.now().date()
            require_codes(kind, self.taxonomy, given["given"], today)
        if self.duties is not None and not self.office.simulated:
            self.duties.require_known(given["given"])
        event = self.office.act(connection, case, action, actor, **given)
        if event is not None:
            self.alarms.judged_by_case(connection, one_case(connection, case), action, actor)
        now = self.log.clock.now()
        if event is not None and self.duties is not None and self.duties.in_force(now):
            row = one_case(connection, case)
            step = self.office.types.get(row["case_type"]).allowed(row["state"], _BY_RULE)
            if not row["returns"] and any(one.id == "dispatch" for one in step):
                send(connection, self.office, self.duties, case)
        return event

    @cached_property
    def texts(self) -> "TextReader":
        """What the texts of cases tell."""
        from dizuo.operations.texts.case_reading import TextReader  # noqa: PLC0415 - it loads SciPy
        from dizuo.operations.texts.parameters import TextParameters  # noqa: PLC0415

        office, own = self.office, self.folder / "texts.toml"
        parameters = TextParameters.load(own if own.exists() else None)
        kept = self.folder / _TEXTS
        return TextReader(
            kept, office.vault, office.types, self.taxonomy, parameters, simulated=office.simulated
        )

    def _beside_suggestion(
        self, connection: Connection, case: str, given: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        told = {name: value for name, value in (given or {}).items() if name != SUGGESTED}
        if not told.keys() & _CLASSES or not (self.folder / _TEXTS).is_dir():
            return told
        reading = self.texts.suggest(connection, case)
        return told if reading is None else told | {SUGGESTED: reading.as_dict()}

    def publish_rules(self) -> tuple[PublishedTable, Report]:
        """Prove the city's dispatch rules and let them send cases from now on.

        Raises
        ------
        InputError
            If there are no units or rules, or the rules are refused.
        """
        if self.duties is None:
            raise InputError(
                Text("there are no units", "没有单位"),
                file="operations/dispatch/units.csv",
                cure=Text(
                    "Write it with the columns unit, name, catch_all.",
                    "请编写该表，列为 unit、name、catch_all。",
                ),
            )
        now = self.log.clock.now()
        domain = domain_of(self.office.types, self.taxonomy, self.duties, now)
        return publish_rules(self.duties.folder, self.duties, domain, now)

    def publish_slots(self, city: Path, by: By) -> dict[str, int]:
        """Offer what ``operations/booking`` of a city says; see :meth:`.BookingDesk.publish`."""
        items = Catalogue.load(city / "operations" / "shared_services.toml").items
        folder = city / "operations" / "booking"
        offer = read_offer(folder, {one.id for one in items if not one.city}, self.zone)
        with self.engine.begin() as connection:
            return self.bookings.publish(connection, offer, folder / SLOTS_FILE, by)

    def verify(self) -> list[Problem]:
        """Check everything that the log keeps; see :func:`.verification.verify`."""
        key = public_key(self.folder / "seal.public")
        further = {"observations": verify_observations}
        return verify(self.engine, key, self.sequencer.heads, self.projections, further)

    def rebuild(self) -> int:
        """Make all derived tables anew; return how many events there were."""
        with self.engine.begin() as connection:
            self.log.take_the_end(connection)
            return self.log.rebuild(connection)

    def back_up(self, file: Path) -> dict[str, int]:
        """Write all that must not be lost into a file; see :func:`.backup.back_up`."""
        return back_up(self.engine, file, webhooks_backed_up)

    def restore(self, file: Path) -> dict[str, int]:
        """Read a backup into this empty database; see :func:`.backup.restore`.

        Raises
        ------
        StoreError
            If the keys of the folder are not those of the backup, or there are events already.
        """

        def fits(connection: Connection) -> None:
            sealed_by = self.sequencer.key.public_key()
            require_keys_fit(connection, self.office.vault, sealed_by, self.folder)

        rows = restore(self.log, file, webhooks_backed_up, require=fits)
        self.sequencer.export()
        return rows

    def health(self) -> Health:
        """Tell how many events and cases there are, what waits, and how much room is left."""
        return examine(self.engine, self.folder, self.log.clock.now())


def open_operations(
    city: Path,
    *,
    url: str | None = None,
    clock: Clock | None = None,
    simulated: Path | None = None,
) -> Operations:
    """Open the operations of a city; make their database and keys where there are none.

    Parameters
    ----------
    city
        Folder with a ``city.toml``.
    url
        Of the database, if it is not SQLite in the folder.
    simulated
        Folder for the log and the keys of a simulation, which must never be those of the city:
        every case opened there is marked. The city's own types, lists and rules count.

    Raises
    ------
    InputError
        If the folder is no city, or its case types or calendars have faults.
    StoreError
        If the database cannot be used, or was written with other keys than those of the folder.
    """
    read_config(city)
    folder = city / "operations"
    kept = simulated or folder
    engine = open_database(database_url(kept, url))
    prepare(engine)
    projections = _projections()
    _make_tables(engine, projections)
    time = clock or SystemClock()
    with engine.connect().execution_options(reads_only=True) as connection:
        require_keys_there(connection, [kept / "master.key", kept / "seal.key"])
    master = master_key(kept / "master.key")
    log = Log(engine, time, projections, [Outbox()])
    settings = _settings(folder / "settings.toml")
    office = _case_office(log, Vault(master), folder, settings, simulated=simulated is not None)
    sealing = signing_key(kept / "seal.key")
    with engine.connect().execution_options(reads_only=True) as connection:
        require_keys_fit(connection, office.vault, sealing.public_key(), kept)
    sequencer = Sequencer(engine, time, sealing, kept / "heads.jsonl")
    taxonomy = load_taxonomy(sorted((folder / "taxonomy").glob("*.toml")))
    _require_lists(office.types, taxonomy, folder)
    zone = office.calendars.current(office.calendar, time.now().date()).zone
    grid = _grid_of(city)
    duties = read_duties(folder / "dispatch", zone, grid.communities if grid else None)
    units = duties.units if duties else None
    entrance = open_entrance(log, master, folder, kept, settings.get("login", {}), units)
    incidents = IncidentDesk(
        log, office.vault, IncidentTypes.load(folder / "incident_types.toml"),
        Plans.load(folder / "plans"), office.calendars, simulated=office.simulated,
    )  # fmt: skip
    webhooks = SubscriptionDesk(log, office.vault, DeliverySettings.load(folder / "webhooks.toml"))
    alarm_cases = AlarmCases(office, cell_of=grid.cell_of) if grid else AlarmCases(office)
    signals = SignalOffice(
        log, _rules_of(folder / "alarm_rules"), alarm_cases, simulated=office.simulated,
        taking_in=TakingIn.load(folder / "signals.toml"),
    )  # fmt: skip
    return Operations(
        kept, engine, log, office, sequencer, taxonomy, entrance, projections, incidents,
        _booking_desk(office, folder), webhooks, signals, duties,
        read_sender(settings.get("warnings", {}), zone, folder / "settings.toml"),
    )  # fmt: skip


def calendar_of(city: Path, day: date) -> Calendar:
    """Return the calendar that a city works by on a day, without opening its database.

    Raises
    ------
    InputError
        If the settings or calendars have faults.
    """
    folder = city / "operations"
    own = [folder / "calendars"] if (folder / "calendars").is_dir() else []
    name = _settings(folder / "settings.toml").get("calendar", _CALENDAR)
    return CalendarBook.load(own).current(name, day)


def _make_tables(engine: Engine, projections: Sequence[DerivedProjection]) -> None:
    with engine.begin() as connection:
        for table in (
            *(table for projection in projections for table in projection.tables),
            *webhook_tables,
            signal_snapshot,
        ):
            table.create(connection, checkfirst=True)


def _case_office(
    log: Log, vault: Vault, folder: Path, settings: Mapping[str, Any], *, simulated: bool
) -> CaseOffice:
    own = [folder / "calendars"] if (folder / "calendars").is_dir() else []
    return CaseOffice(
        log, vault, CaseTypes.load(folder / "case_types"), CalendarBook.load(own),
        settings.get("calendar", _CALENDAR), simulated=simulated, followers=(link_new_reports,),
    )  # fmt: skip


def _booking_desk(office: CaseOffice, folder: Path) -> BookingDesk:
    limits = BookingLimits.load(folder / "booking" / "limits.toml")
    return BookingDesk(office.log, office.vault, limits, simulated=office.simulated)


def zone_and_sender(city: Path, day: date) -> tuple[ZoneInfo, Sender | None]:
    """Return the time zone of a city's calendar and who warns, without opening its database.

    Raises
    ------
    InputError
        If the settings or calendars have faults.
    """
    folder = city / "operations"
    settings = _settings(folder / "settings.toml")
    zone = calendar_of(city, day).zone
    return zone, read_sender(settings.get("warnings", {}), zone, folder / "settings.toml")


def open_replay(city: Path, clock: SetClock, register: Register) -> SignalOffice:
    """Open a log of its own, in which files are replayed on their clock: alarms, but no cases.

    Parameters
    ----------
    register
        The devices of the city.
    """
    folder = city / "operations"
    opened = open_operations(city, simulated=folder / "replayed")
    log = Log(opened.engine, clock, opened.projections)
    rules, taking_in = _rules_of(folder / "alarm_rules"), TakingIn.load(folder / "signals.toml")
    office = SignalOffice(log, rules, simulated=True, taking_in=taking_in)
    with opened.engine.begin() as connection:
        office.register_desk.replace(connection, register, _REPLAYING)
    return office


def migrate_operations(
    city: Path, *, url: str | None = None, simulated: Path | None = None
) -> list[Migration]:
    """Bring the database of a city up to this dizuo; return what was done.

    Parameters and errors are those of :func:`open_operations` and :func:`.migration.migrate`.
    """
    read_config(city)
    engine = open_database(database_url(simulated or city / "operations", url))
    projections = _projections()
    try:
        return migrate(Log(engine, SystemClock(), projections), projections)
    finally:
        engine.dispose()


def _projections() -> tuple[DerivedProjection, ...]:
    return (
        AccountProjection(), CaseProjection(), RegisterProjection(), BatchProjection(),
        RefusalProjection(), AlarmProjection(), IncidentProjection(), SensingProjection(),
        BookingProjection(),
    )  # fmt: skip


def _rules_of(folder: Path) -> Callable[[date], tuple[AlarmRule, ...]]:
    """Return what reads the alarm rules in force on a day: those that ship and the city's own."""

    @lru_cache(maxsize=1)
    def on(day: date) -> tuple[AlarmRule, ...]:
        return load_alarm_rules(sorted(folder.glob("*.toml")), day=day)

    return on


def communities_of(city: Path) -> Mapping[str, str] | None:
    """Return the division that each cell of the city's unit grid lies in; None without a grid."""
    grid = _grid_of(city)
    return grid.communities if grid else None


def _grid_of(city: Path) -> "UnitGrid | None":
    """Return the unit grid that a city keeps; GeoPandas is loaded only where there is one."""
    folder = city / "operations" / "grid"
    if not folder.exists():
        return None
    from dizuo.operations.ground import read_unit_grid  # noqa: PLC0415 - it loads GeoPandas

    return read_unit_grid(folder)


def _require_lists(types: CaseTypes, taxonomy: Taxonomy, folder: Path) -> None:
    for kind in types:
        if kind.taxonomy and kind.taxonomy not in taxonomy.ids():
            raise InputError(
                Text(
                    f"the case type {kind.id} names the code list {kind.taxonomy!r}, "
                    "which is not there",
                    f"案件类型 {kind.id} 引用的代码表 {kind.taxonomy!r} 不存在",
                ),
                field="taxonomy",
                cure=Text(
                    f"Add it to {folder / 'taxonomy'}, or name one of: "
                    f"{', '.join(taxonomy.ids())}.",
                    f"请将其加入 {folder / 'taxonomy'}，或改用以下之一："
                    f"{'、'.join(taxonomy.ids())}。",
                ),
            )


def _settings(file: Path) -> dict[str, Any]:
    """Read what a city sets for its operations: the calendar that counts, logins, who warns."""
    if not file.exists():
        return {}
    table = read_toml(file)
    unknown = set(table) - {"calendar", "login", "warnings"}
    wrong = not isinstance(table.get("calendar", ""), str)
    tables = [table.get(name, {}) for name in ("login", "warnings")]
    if unknown or wrong or not all(isinstance(one, dict) for one in tables):
        raise InputError(
            Text(
                f"{', '.join(sorted(unknown)) or 'calendar'} is no setting of operations",
                f"{'、'.join(sorted(unknown)) or 'calendar'} 不是运行设置项",
            ),
            file=file,
            cure=Text('Write: calendar = "cn_default".', '请写：calendar = "cn_default"。'),
        )
    return table
