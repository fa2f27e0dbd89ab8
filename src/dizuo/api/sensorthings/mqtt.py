"""The MQTT extension: observations come on topics of the standard, and are told on them.

A message to ``v1.1/Observations`` or ``v1.1/Datastreams('ID')/Observations`` creates an observation
as a POST does, and is acknowledged after the commit. Whatever is kept, through whichever door it
came, is published on both topics. The topics of the standard are the same in both directions, so
the broker is asked not to send our own messages back (MQTT 5, No Local).

Who may publish and subscribe is what the broker lets them; what comes is the account ``mqtt``'s.
"""

import queue
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dizuo.api.sensorthings.bodies import ConflictError, decoded
from dizuo.api.sensorthings.creating import Creation
from dizuo.api.sensorthings.geometries import Project
from dizuo.api.sensorthings.model import ENTITIES
from dizuo.api.sensorthings.options import LARGEST_PAGE, Options
from dizuo.api.sensorthings.placing import as_arrived, create_at
from dizuo.api.sensorthings.reading import Reader
from dizuo.api.sensorthings.writing import as_json
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.office import Actor
from dizuo.operations.opening import Operations
from dizuo.operations.sensing.desk import SensingDesk
from dizuo.operations.sensing.intake import Arrival, ObservationIntake
from dizuo.operations.sensing.tables import CHANNEL
from dizuo.operations.signals.mqtt_settings import MqttSettings
from dizuo.operations.signals.observation_store import last_received
from dizuo.operations.signals.refusals import Refusals
from dizuo.operations.time import to_microseconds

__all__ = ["MqttDoor"]

_VERSION: Final = "v1.1"
_TOPICS: Final = (f"{_VERSION}/Observations", f"{_VERSION}/+/Observations")
_FOREVER: Final = 0xFFFFFFFF
_WAIT: Final = 0.1
_BETWEEN_TRIES: Final = 1.0
_ANOTHER: Final = Text(
    "there is another result of that time: the first one holds",
    "该时刻已有不同结果：以首次为准",
)
_ACTOR: Final = Actor("mqtt", frozenset())


@dataclass(frozen=True, slots=True)
class _Message:
    """Something that was published, and over which connection it came."""

    topic: str
    content: bytes
    number: int
    qos: int
    connection: int


@dataclass
class MqttDoor:
    """Takes in and tells observations at a broker, until told to stop.

    Attributes
    ----------
    base
        The address of the service, for links.
    to_city, to_degrees
        Between degrees and metres of the city's own CRS.
    """

    operations: Operations
    intake: ObservationIntake
    settings: MqttSettings
    base: str
    to_city: Project
    to_degrees: Project
    ready: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._connection = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self.settings.name}-sensorthings",
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        if self.settings.user:
            self._client.username_pw_set(self.settings.user, self.settings.password)
        if self.settings.certificates:
            self._client.tls_set(ca_certs=self.settings.certificates)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.on_message = self._keep
        self._refusals = Refusals(self.operations.log, self.operations.office.vault)

    def run(self, stop: threading.Event) -> None:
        """Take in and tell until told to stop; connect again whenever the broker is away."""
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.ReceiveMaximum = self.settings.unacknowledged
        asked.SessionExpiryInterval = _FOREVER
        self._client.connect_async(
            self.settings.host, self.settings.port, self.settings.keep_alive_seconds,
            clean_start=False, properties=asked,
        )  # fmt: skip
        self._client.loop_start()
        told = self._read(last_received)
        try:
            while not stop.wait(_WAIT if self._waiting.empty() else 0):
                self._insist(self._take_in, stop)
                told = self._insist(partial(self._tell, told), stop) or told
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _subscribe(
        self, client: mqtt.Client, _: Any, __: mqtt.ConnectFlags, reason: Any, ___: Any
    ) -> None:
        if not reason.is_failure:
            self._connection += 1
            while not self._waiting.empty():  # what was not acknowledged comes again
                self._waiting.get_nowait()
            client.subscribe([(one, SubscribeOptions(qos=1, noLocal=True)) for one in _TOPICS])

    def _keep(self, _: mqtt.Client, __: Any, one: mqtt.MQTTMessage) -> None:
        content, connection = bytes(one.payload), self._connection
        self._waiting.put(_Message(one.topic, content, one.mid, one.qos, connection))

    def _acknowledge(self, message: _Message) -> None:
        # Over another connection the number may be another message's; this one comes again.
        if message.qos and message.connection == self._connection:
            self._client.ack(message.number, message.qos)

    @staticmethod
    def _insist(work: Callable[[], Any], stop: threading.Event) -> Any:
        """Do something with the database until it is done, or all is to stop."""
        while True:
            try:
                return work()
            except DBAPIError:
                if stop.wait(_BETWEEN_TRIES):
                    return None

    def _take_in(self) -> None:
        """Hand in all that waits, then acknowledge what is on disk or kept as refused."""
        handed: list[tuple[_Message, Future[list[bool]]]] = []
        while not self._waiting.empty() and len(handed) < self.settings.unacknowledged:
            message = self._waiting.get_nowait()
            try:
                handed.append((message, self._hand_in(message)))
            except (InputError, ConflictError) as error:
                self._refuse(message, error.text)
        for message, future in handed:
            try:
                same = all(future.result())
            except InputError as error:
                self._refuse(message, error.text)
                continue
            if same:
                self._acknowledge(message)
            else:
                self._refuse(message, _ANOTHER)

    def _hand_in(self, message: _Message) -> Future[list[bool]]:
        path, body = message.topic.removeprefix(f"{_VERSION}/"), decoded(message.content)

        def prepare(connection: Connection) -> Creation:
            now = to_microseconds(self.operations.log.clock.now())
            reader = Reader(connection, self.base, now, self.to_degrees)
            creation = Creation(connection, now, self.to_city, lambda: uuid.uuid4().hex)
            return create_at(reader, creation, path, body)[2]

        creation = self._read(prepare)
        if creation.told.rows:
            with self.operations.engine.begin() as connection:
                desk = SensingDesk(self.operations.log, self.operations.signals.register_desk)
                desk.log.take_the_end(connection)
                creation = prepare(connection)
                desk.describe(connection, "observation", creation.told, _ACTOR)
        arrived = self._read(lambda connection: as_arrived(connection, creation.observations))
        return self.intake.hand_in(Arrival(arrived, _ACTOR.id, CHANNEL))

    def _refuse(self, message: _Message, why: Text) -> None:
        self._refusals.keep(message.topic, message.content, InputError(why), channel=CHANNEL)
        self._acknowledge(message)

    def _tell(self, since: int) -> int:
        """Publish what was kept since a batch; return the last one."""

        def look(connection: Connection) -> tuple[int, list[tuple[str, bytes]]]:
            newest = last_received(connection)
            return newest, self._news(connection, since, newest) if newest > since else []

        newest: int
        newest, news = self._read(look)
        for topic, content in news:
            self._client.publish(topic, content, qos=1)
        return newest

    def _news(self, connection: Connection, since: int, until: int) -> list[tuple[str, bytes]]:
        now = to_microseconds(self.operations.log.clock.now())
        reader = Reader(connection, self.base, now, self.to_degrees)
        observed = ENTITIES["Observations"]
        options, told = Options(top=LARGEST_PAGE, form="dataArray"), list[tuple[str, bytes]]()
        while True:
            page = reader.page(
                observed, options, [lambda rows: rows.columns["received"].between(since + 1, until)]
            )
            links = reader.links_of_streams(sorted({row["stream"] for row in page.rows}))
            for row, one in zip(page.rows, page.told, strict=True):
                stream = links[row["stream"]].removeprefix(f"{self.base}/")
                content = as_json(one)
                told += [(_TOPICS[0], content), (f"{_VERSION}/{stream}/Observations", content)]
            if page.next_token is None:
                return told
            options = Options(top=LARGEST_PAGE, form="dataArray", after=page.next_token)

    def _read(self, work: Callable[[Connection], Any]) -> Any:
        engine = self.operations.engine
        with engine.connect().execution_options(reads_only=True) as connection:
            return work(connection)
