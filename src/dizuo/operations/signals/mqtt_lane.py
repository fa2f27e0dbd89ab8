"""One connection to the broker, whose messages are acknowledged only when they are on disk.

The session is persistent: what the broker has for us and we have not acknowledged is kept there,
and comes again after either side was down. A lane that is *passing* keeps nothing: it shows what is
published from now on, and is used beside a persistent one that is behind.
"""

import queue
import threading
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from dizuo.model.errors import StoreError
from dizuo.model.text import Text
from dizuo.operations.signals.mqtt_settings import MqttSettings

__all__ = ["Lane", "Message"]

_FOREVER: Final = 0xFFFFFFFF
"""Seconds, as MQTT 5 writes that a session does not expire."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was published."""

    topic: str
    content: bytes
    number: int
    qos: int
    connection: int


class Lane:
    """Messages of a topic, in the order in which the broker sends them.

    Parameters
    ----------
    topic
        A filter of MQTT.
    name
        Of the session at the broker.
    passing
        Whether the session ends with the connection.
    """

    def __init__(
        self, settings: MqttSettings, topic: str, name: str, *, passing: bool = False
    ) -> None:
        self.waiting: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.resumed = False
        self.subscribed = threading.Event()
        self._connection = 0
        self._refused = ""
        self._topic, self._passing = topic, passing
        self._settings = settings
        self._five = settings.protocol == "5"
        more = {} if self._five else {"clean_session": passing}
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=mqtt.MQTTv5 if self._five else mqtt.MQTTv311,
            manual_ack=True,
            **more,  # type: ignore[arg-type]
        )
        if settings.user:
            self._client.username_pw_set(settings.user, settings.password)
        if settings.certificates:
            self._client.tls_set(ca_certs=settings.certificates)
        self._client.reconnect_delay_set(1, settings.longest_pause_seconds)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = self._keep

    def open(self) -> None:
        """Connect, and go on connecting whenever the connection is lost.

        Raises
        ------
        StoreError
            If the broker cannot be reached the first time.
        """
        more: dict[str, Any] = {}
        if self._five:
            asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            asked.ReceiveMaximum = self._settings.unacknowledged
            asked.SessionExpiryInterval = 0 if self._passing else _FOREVER
            more = {"clean_start": self._passing, "properties": asked}
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            alive = self._settings.keep_alive_seconds
            self._client.connect(self._settings.host, self._settings.port, alive, **more)
        except OSError as error:
            raise StoreError(
                Text(
                    f"the MQTT broker at {where} cannot be reached: {error}",
                    f"无法连接 {where} 的 MQTT 服务：{error}",
                )
            ) from error
        self._client.loop_start()

    def require_welcome(self) -> None:
        """Refuse to wait for a broker that refuses us.

        Raises
        ------
        StoreError
            With the broker's reason.
        """
        if self._refused:
            told = Text(f"the MQTT broker refuses dizuo: {self._refused}",
                        f"MQTT 服务拒绝连接：{self._refused}")  # fmt: skip
            raise StoreError(told)

    def close(self) -> None:
        """Disconnect; a persistent session stays at the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, messages: list[Message]) -> None:
        """Tell the broker that messages are on disk; a lost connection sends them again."""
        for one in messages:
            # A broker that lost its session may give the number to another message.
            if one.qos and one.connection == self._connection:
                self._client.ack(one.number, one.qos)

    def _subscribe(
        self, client: mqtt.Client, _: Any, flags: mqtt.ConnectFlags, reason: Any, __: Any
    ) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            return
        self._refused = ""
        self.resumed = self.resumed or flags.session_present
        self._connection += 1
        # What came over a connection that is gone comes again: nobody could acknowledge it.
        while not self.waiting.empty():
            self.waiting.get_nowait()
        client.subscribe(self._topic, qos=1)

    def _keep(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        content = bytes(message.payload)
        one = Message(message.topic, content, message.mid, message.qos, self._connection)
        self.waiting.put(one)
