"""The server of a city: its doors, and the threads that take in, seal and deliver."""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from dizuo.api.answering import refuse_http, refuse_without_database
from dizuo.api.bookings import booking_routes
from dizuo.api.confidences import confidence_routes
from dizuo.api.door import Door
from dizuo.api.guard import require_guards
from dizuo.api.health import health_routes
from dizuo.api.incidents import incident_routes
from dizuo.api.methods import DeclaredMethods
from dizuo.api.open311 import open311_routes
from dizuo.api.openapi import document_route
from dizuo.api.registering import registering_routes
from dizuo.api.sensorthings.routes import mqtt_door, sensorthings_routes
from dizuo.api.sessions import session_routes
from dizuo.api.shared_services import shared_service_routes
from dizuo.api.signals import signal_routes
from dizuo.api.size_limit import SizeLimit
from dizuo.api.staff import staff_routes
from dizuo.api.tables import table_routes
from dizuo.api.texts import text_routes
from dizuo.api.warnings import warning_routes
from dizuo.operations.event_log.database import put_in_place
from dizuo.operations.ground import Ground
from dizuo.operations.intake import Intake
from dizuo.operations.opening import Operations
from dizuo.operations.sensing.intake import ObservationIntake
from dizuo.operations.signals.mqtt_settings import MqttSettings
from dizuo.operations.webhooks.deliverer import Deliverer

__all__ = ["application"]


def application(
    operations: Operations, ground: Ground, mqtt: MqttSettings | None = None
) -> Starlette:
    """Return the server of a city.

    Parameters
    ----------
    ground
        Where things are: the unit grid, the blocks by which homes are told, the addresses.
    mqtt
        The broker at which observations come and are told on the topics of SensorThings.

    Raises
    ------
    AccessError
        If a route names no permission: nobody may pass unasked.
    """
    intake = Intake(operations.office)
    observations = ObservationIntake(operations.log, operations.signals)
    door = Door(operations, intake, ground)
    deliverer = Deliverer(operations.webhooks)

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        stop = threading.Event()
        in_place = partial(put_in_place, operations.engine)
        work: list[Callable[[threading.Event], object]]
        work = [operations.sequencer.run, in_place, deliverer.run]
        if mqtt is not None:
            work.append(mqtt_door(door, observations, mqtt).run)
        if not (operations.folder / "mqtt.toml").exists():
            # Otherwise the listener does it, which alone knows whether anything waits.
            work.append(operations.signals.watch)
        threads = [threading.Thread(target=one, args=(stop,)) for one in work]
        with intake, observations:
            for one in threads:
                one.start()
            try:
                yield
            finally:
                stop.set()
                for one in threads:
                    one.join()
        operations.sequencer.seal()

    routes = [
        *open311_routes(door),
        *health_routes(door, intake),
        *staff_routes(door),
        *table_routes(door),
        *registering_routes(door),
        *confidence_routes(door),
        *session_routes(door),
        *sensorthings_routes(door, observations, mqtt),
        *incident_routes(door),
        *warning_routes(door),
        *signal_routes(door),
        *text_routes(door),
        *shared_service_routes(door),
        *booking_routes(door),
    ]
    routes.append(document_route(door, routes))
    require_guards(routes)
    return Starlette(
        routes=routes,
        lifespan=life,
        exception_handlers={HTTPException: refuse_http, DBAPIError: refuse_without_database},
        middleware=[
            Middleware(SizeLimit, most=door.limits.most_bytes),
            Middleware(DeclaredMethods, routes=routes),
        ],
    )
