"""After a restore the same receivers are told, with the same secrets, and nothing is forgotten."""

import shutil
import zipfile

import pytest
from receiving import Receiver, report, subscribe, verified
from sqlalchemy import select

from dizuo.operations.event_log.backup import back_up
from dizuo.operations.opening import open_operations
from dizuo.operations.webhooks.deliverer import Deliverer
from dizuo.operations.webhooks.tables import deliveries, subscriptions
from opened_city import write_city


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def elsewhere(request, operations, tmp_path):
    """An empty city with the keys of the first one, in a database of either kind."""
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").new_database()
    folder = write_city(tmp_path / "elsewhere")
    (folder / "operations").mkdir()
    for key in ("master.key", "seal.key", "seal.public"):
        shutil.copy(operations.folder / key, folder / "operations" / key)
    opened = open_operations(folder, url=url, clock=operations.log.clock)
    yield opened
    opened.engine.dispose()


def rows(operations, table):
    with operations.engine.connect() as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


def test_who_is_told_and_what_waits_is_restored(operations, elsewhere, worker, tmp_path):
    told = subscribe(operations, kinds=["case.*"])
    report(operations, ["delivered"])
    assert worker.deliver_due() == 1
    report(operations, ["waits"])
    counts = operations.back_up(tmp_path / "b.zip")
    assert (counts["webhook_subscriptions"], counts["webhook_deliveries"]) == (1, 1)
    assert elsewhere.restore(tmp_path / "b.zip") == counts
    assert rows(elsewhere, subscriptions) == rows(operations, subscriptions)
    receiver = Receiver()
    report(elsewhere, ["new"])
    assert Deliverer(elsewhere.webhooks, receiver, dice=lambda: 0.0).deliver_due() == 2
    assert all(verified(told.secret, headers, body) for _, headers, body in receiver.came)
    waited = [one.delivery for one in rows(operations, deliveries) if one.state == "waiting"]
    assert set(waited) < set(receiver.ids)


def test_a_backup_tells_no_secret(operations, tmp_path):
    told = subscribe(operations)
    operations.back_up(tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        whole = b"".join(archive.read(one) for one in archive.namelist())
    assert told.subscription.encode() in whole
    for part in (told.secret, told.secret.removeprefix("whsec_")):
        assert part.encode() not in whole


def test_an_older_backup_without_receivers_is_restored(operations, elsewhere, tmp_path):
    subscribe(operations)
    report(operations, ["a"])
    counts = back_up(operations.engine, tmp_path / "b.zip")
    assert "webhook_subscriptions" not in counts
    assert elsewhere.restore(tmp_path / "b.zip") == counts
    assert rows(elsewhere, subscriptions) == []
    assert elsewhere.health().cases == 1
