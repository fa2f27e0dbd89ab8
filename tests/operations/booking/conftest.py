"""A desk for bookings on both databases, which offers the slots of a library."""

from zoneinfo import ZoneInfo

import pytest
from booked_places import do, write_offer

from dizuo.operations.booking.desk import BookingDesk
from dizuo.operations.booking.limits import BookingLimits
from dizuo.operations.booking.offer import read_offer
from dizuo.operations.booking.tables import BookingProjection, bookings
from dizuo.operations.event_log.log import Log
from dizuo.operations.event_log.vault import Vault


@pytest.fixture
def publish(desk, tmp_path):
    """Offer the slots of a table."""

    def publish(*slots):
        folder = write_offer(tmp_path / "booking", *slots)
        offer = read_offer(folder, {"library"}, ZoneInfo("UTC"))
        return do(desk, "publish", offer, folder / "slots.csv")

    return publish


@pytest.fixture
def desk(engine, clock):
    bookings.metadata.create_all(engine)
    log = Log(engine, clock, [BookingProjection()])
    return BookingDesk(log, Vault(bytes(32)), BookingLimits.load())
