"""Create what the requests of a change set describe: in one transaction, all of it or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy import Connection

from dizuo.api.sensorthings.batch import referred, target_of
from dizuo.api.sensorthings.batch_forms import AskedPart
from dizuo.api.sensorthings.bodies import ConflictError, decoded, wrong
from dizuo.api.sensorthings.creating import Creation
from dizuo.api.sensorthings.model import EntityType
from dizuo.api.sensorthings.placing import as_arrived, create_at, observation_id
from dizuo.api.sensorthings.reading import Reader
from dizuo.api.sensorthings.sent import SentObservation
from dizuo.model.errors import AccessError
from dizuo.model.text import Text
from dizuo.operations.access.visitor import Visitor
from dizuo.operations.sensing.desk import SensingDesk
from dizuo.operations.sensing.intake import Arrival, Arrived
from dizuo.operations.sensing.tables import CHANNEL

__all__ = ["ChangeSet", "differs", "require_to"]

_SEND: Final = "observations.send"


@dataclass
class ChangeSet:
    """The requests of a change set, and what became of them.

    Attributes
    ----------
    root
        The path of the service.
    reader
        Makes what reads with a permission.
    made
        Of each request the entity that it created, and its id.
    """

    parts: Sequence[AskedPart]
    root: str
    visitor: Visitor
    desk: SensingDesk
    reader: Callable[[Connection, str], Reader]
    creation: Callable[[Connection], Creation]
    made: list[tuple[EntityType, str]] = field(default_factory=list, init=False)
    _sent: list[SentObservation] = field(default_factory=list, init=False)
    _ids: dict[str, str] = field(default_factory=dict, init=False)
    _paths: dict[str, str] = field(default_factory=dict, init=False)

    @property
    def failed(self) -> AskedPart:
        """The request that could not be done, if one could not: what all of them fail by."""
        return self.parts[min(len(self.made), len(self.parts) - 1)]

    def describe(self, connection: Connection) -> Arrival:
        """Write what the requests describe, and return the observations among it.

        Raises
        ------
        DizuoError
            If one of the requests cannot be done.
        """
        self.desk.log.take_the_end(connection)
        arrived: list[Arrived] = []
        for part in self.parts:
            arrived += self._do(connection, part)
        return Arrival(arrived, self.visitor.actor.id, CHANNEL)

    def require(self, kept: Sequence[bool]) -> None:
        """Refuse observations that say otherwise than what is kept.

        Raises
        ------
        ConflictError
            Naming the first one's Datastream.
        """
        if not all(kept):
            raise differs(self._sent[list(kept).index(False)])

    def _do(self, connection: Connection, part: AskedPart) -> list[Arrived]:
        if part.method != "POST":
            raise wrong(
                part.method, "a change set of this service creates: POST", "变更集只能用 POST 创建"
            )
        path, body = self._path(part), self._body(part)
        permission = _SEND if path.endswith("Observations") else "devices.manage"
        require_to(self.visitor, permission)
        reader = self.reader(connection, permission)
        entity, key, creation = create_at(reader, self.creation(connection), path, body)
        if creation.observations:
            require_to(self.visitor, _SEND)
        subject = f"{entity.name.lower()}:{key}"
        self.desk.describe(connection, subject, creation.told, self.visitor.actor)
        arrived = as_arrived(connection, creation.observations)
        self._sent += creation.observations
        key = key or observation_id(arrived[0])
        self.made.append((entity, key))
        if part.name:
            quoted = key.replace("'", "''")
            self._ids[part.name] = key
            self._paths[part.name] = f"{entity.plural}('{quoted}')"
        return arrived

    def _path(self, part: AskedPart) -> str:
        path = target_of(part.target, self.root)[0]
        head, slash, rest = path.partition("/")
        if head.startswith("$") and head[1:] in self._paths:
            return f"{self._paths[head[1:]]}{slash}{unquote(rest)}"
        return unquote(path)

    def _body(self, part: AskedPart) -> Any:
        return referred(decoded(part.body), self._ids)


def require_to(visitor: Visitor, permission: str) -> None:
    """Refuse whom the policy does not grant a permission.

    Raises
    ------
    AccessError
        With the name of the permission.
    """
    if not visitor.may(permission):
        name, asked = visitor.actor.id, visitor.policy.permissions[permission].title
        raise AccessError(
            Text(
                f"{name} has no role that may do this: {asked.en}",
                f"{name} 没有可执行此操作的角色：{asked.zh}",
            )
        )


def differs(one: SentObservation) -> ConflictError:
    """Return the error that another result of a stream and time is kept."""
    return ConflictError(
        Text(
            f"the Datastream {one.stream!r} has another result of that time: the first one holds",
            f"数据流 {one.stream!r} 在该时刻已有不同结果：以首次为准",
        )
    )
