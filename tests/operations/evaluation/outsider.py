"""What an outsider needs to recompute rates: the events as JSON, the parameters, and this script.

It shares no code with dizuo and needs nothing but Python; docs/method/evaluation.md is all that it
knows. Events are the rows of the table ``events`` in the order of their numbers, one JSON object a
line.

    python outsider.py events.jsonl parameters.json BEGIN END
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path


def microseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def rounds_and_calls(events, parameters):
    """Return every round of handling and every call-back, as the method tells them."""
    cases, rounds, calls = {}, [], []
    for event in events:
        if not event["kind"].startswith("case."):
            continue
        facts, at = json.loads(event["facts"]), event["happened"]
        changes, step = facts.get("changes", {}), event["kind"].removeprefix("case.")
        case = cases.setdefault(
            event["subject"],
            {
                "unit": "",
                "open": True,
                "running": None,
                "last": None,
                "reopened": None,
                "out": "",
                "into": None,
            },
        )
        running = case["running"]
        if running and step in parameters["steps"]:
            running["hands"].add(event["actor"])
        if facts.get("reason_code") in parameters["reasons"]:
            case["out"] = facts["reason_code"]
        if step == "call_back":
            lead = case
            while lead["into"]:  # whoever made a merged report answers about the case that leads
                lead = cases[lead["into"]]
            own = bool(lead["last"]) and event["actor"] in lead["last"]["hands"]
            unit = lead["last"]["unit"] if lead["last"] else ""
            calls.append({**facts, "at": at, "own": own, "unit": unit, "case": case,
                          "round": id(lead["last"])})  # fmt: skip
        if "merged_into" in changes:
            case["into"] = changes["merged_into"]
        case["unit"] = changes.get("unit") or case["unit"]
        if running and "returns" in changes:
            running |= {"ended": at, "outcome": "returned"}
            case["running"] = running = None
        if "deadline" in changes:
            told = json.loads(changes["deadline"]) if changes["deadline"] else None
            begins = told is None or "given" in told or not (told["pauses"] or told["extension"])
            if begins or not running:
                if running:
                    running |= {"ended": at, "outcome": "replaced"}
                running = {"unit": case["unit"], "begun": at, "ended": None, "outcome": "",
                           "hands": set()}  # fmt: skip
                rounds.append(running)
                case |= {"running": running, "last": running, "reopened": None}
            due = told and (told.get("given") or told["due"])
            running["due"] = microseconds(due) if due else None
        if changes.get("open", case["open"]) != case["open"]:
            case["open"] = changes["open"]
            if case["open"]:
                case["reopened"] = at
            else:
                if not case["running"] and case["reopened"] and case["unit"]:
                    again = {"unit": case["unit"], "begun": case["reopened"], "due": None,
                             "hands": set()}  # fmt: skip
                    rounds.append(again)
                    case |= {"running": again, "last": again}
                if case["running"]:
                    case["running"] |= {"ended": at, "outcome": changes["state"]}
                case |= {"running": None, "reopened": None}
    return rounds, calls


def rates(rounds, calls, parameters, begin, end):
    """Return numerators and denominators by indicator and unit."""
    found = defaultdict(lambda: defaultdict(lambda: [0, 0]))

    def count(name, one, amount):
        found[name][one["unit"]][0] += amount
        found[name][one["unit"]][1] += 1

    for one in rounds:
        over = one.get("ended") is not None
        settled = over and one["outcome"] not in parameters["not_settled"]
        due = one["due"]
        in_time = settled and due is not None and one["ended"] <= due
        left = over and not settled and due is not None and one["ended"] <= due
        if due is not None and begin <= due < end and not left:
            count("on_time", one, in_time)
            count("closure", one, settled and one["ended"] < end)
            count("overdue_open", one, not (over and one["ended"] < end))
        if settled and due is not None and begin <= one["ended"] < end:
            count("settled_on_time", one, in_time)
    last = {(one["round"], id(one["case"])): one for one in calls if begin <= one["at"] < end}
    for one in last.values():
        worth = parameters["worth"].get(str(one.get("satisfaction", "")))
        told = [str(one.get(name, "")).lower() for name in ("contacted", "solved")]
        known = worth is not None and all(text in {"true", "false"} for text in told)
        if known and not one["own"] and not one["case"]["out"]:
            for name, amount in zip(
                ("response", "resolution", "satisfaction"),
                (told[0] == "true", told[1] == "true", worth), strict=True,
            ):  # fmt: skip
                count(name, one, amount)
    return {name: dict(units) for name, units in found.items()}


def main(events, parameters, begin, end):
    known = json.loads(Path(parameters).read_text("utf-8"))
    with Path(events).open(encoding="utf-8") as lines:
        rounds, calls = rounds_and_calls(map(json.loads, lines), known)
    outcomes = Counter(one.get("outcome", "") for one in rounds)
    found = rates(rounds, calls, known, microseconds(begin), microseconds(end))
    json.dump({"rates": found, "outcomes": outcomes}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
