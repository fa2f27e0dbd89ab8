"""Webhooks from the command line: added, listed, followed and removed."""

import pytest

from opened_city import write_city


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.delenv("DIZUO_DATABASE_URL", raising=False)
    return write_city(tmp_path)


@pytest.fixture
def run(dizuo, town):
    return lambda *given: dizuo("operations", town, "webhooks", *given)


def test_a_webhook_is_added_followed_and_removed(run, dizuo, town):
    url = "https://hook.example/x"
    made = run("add", "--url", url, "--kind", "case.*", "--unit", "unit:roads", "--json").answer
    assert made["secret"].startswith("whsec_")
    (listed,) = run("list", "--json").answer
    assert (listed["url"], listed["kinds"], listed["units"]) == (url, ["case.*"], ["unit:roads"])
    assert made["secret"] not in run("list").out
    case = dizuo("cases", town, "open", "--type", "urban_event", "--json").answer["case"]
    for step, *given in (
        ("file", "--give", "category=0501"),
        ("dispatch", "--give", "unit=unit:roads", "--give", "limit=3 工作日"),
    ):
        assert dizuo("cases", town, step, case, *given).code == 0
    (waiting,) = run("deliveries", made["subscription"], "--json").answer
    assert (waiting["kind"], waiting["state"], waiting["attempts"]) == (
        "case.dispatch", "waiting", 0,
    )  # fmt: skip
    assert run("deliveries", "--state", "dead", "--json").answer == []
    assert "waits to be sent" in run("redeliver", waiting["delivery"]).err
    again = run("rotate", made["subscription"], "--json").answer
    assert again["secret"] != made["secret"]
    assert run("remove", made["subscription"], "--json").answer["dropped"] == 1
    assert run("list", "--json").answer == []


@pytest.mark.parametrize(
    ("given", "english", "chinese"),
    [
        (["add"], "a webhook needs an address", "webhook 需要接收地址"),
        (["add", "--url", "http://10.0.0.1/x"], "reached by https", "须使用 https"),
        (["add", "--url", "https://a/x", "--secret", "x"], "a secret is whsec_", "密钥须为"),
        (["remove", "webhook:none"], "there is no subscription", "没有订阅"),
        (["redeliver", "msg_none"], "there is no delivery", "没有投递"),
        (["shout"], "is nothing to do with webhooks", "没有操作"),
    ],
)
def test_what_cannot_be_done_is_told_in_both_languages(run, given, english, chinese):
    assert english in run(*given).err
    told = run(*given, "--lang", "zh")
    assert chinese in told.err
    assert told.code == 2
