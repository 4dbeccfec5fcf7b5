"""The header's and the learning panel's facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bearometer_dashboard.gate import gate, servers
from bearometer_dashboard.header import Link, live_line, serving, trouble
from bearometer_dashboard.learning import made_line, topics
from bearometer_dashboard.page import title
from bearometer_dashboard.palette import variables
from bearometer_dashboard.runs import checks_line, decision_line, run_line, share
from bearometer_dashboard.snapshot import Learning, Snapshot

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def models(*servers: tuple[str, str, float], champion: str | None = "m2") -> dict[str, Any]:
    """Scorers as (version, error, seconds since they reported)."""
    listed = [
        {
            "instance": f"s{k}",
            "version": version,
            "error": error,
            "since": "2026-03-05T09:00:00Z",
            "seen_at": (NOW - timedelta(seconds=ago)).isoformat(),
        }
        for k, (version, error, ago) in enumerate(servers)
    ]
    made = {"version": "m2", "run_id": 7, "created_at": "2026-03-04T17:42:00Z", "manifest": {"topics": ["b", "a"]}}
    return {"champion": champion, "models": [made], "servers": listed}


def test_scorers_that_serve_the_champion_are_counted_and_gone_ones_forgotten() -> None:
    found = models(("m2", "", 1), ("m2", "", 2), ("m1", "", 9_000))
    assert serving(found, NOW) == "Model m2 on 2 scorers"
    assert trouble(found, NOW) == ""


def test_a_scorer_that_serves_another_model_or_reports_an_error_is_named() -> None:
    found = models(("m2", "", 1), ("m1", "", 1), ("m1", "hash differs", 1))
    assert serving(found, NOW) == "Model m2 on 1 scorer"
    assert trouble(found, NOW) == "s1: still serves m1; s2: hash differs"


def test_no_model_yet_says_how_to_make_one() -> None:
    found = models(champion=None)
    assert serving(found, NOW) == "No model yet"
    assert "bearometer models prepare" in made_line(found)
    assert topics(found) == []


def test_the_champion_says_where_it_comes_from_and_which_topics_it_knows() -> None:
    assert made_line(models()) == "made by run #7, 4 Mar 17:42 UTC"
    assert topics(models()) == ["a", "b"]


def test_the_connection_is_live_polling_or_away_and_says_since_when() -> None:
    assert live_line(Link(True, NOW), streaming=True) == "Live since 12:00:00 UTC"
    assert live_line(Link(True, NOW), streaming=False) == "Polling since 12:00:00 UTC"
    assert live_line(Link(False, NOW, "refused"), streaming=False) == "API away since 12:00:00 UTC"


def test_a_run_says_how_far_it_is_and_what_was_decided() -> None:
    run: dict[str, Any] = {"id": 7, "state": "running", "created_at": "2026-03-05T11:00:00Z", "started_at": None}
    run |= {"finished_at": None, "decision": None, "error": None}
    run |= {"progress": {"stage": "training", "step": 10, "steps": 40}}
    assert (run_line(run), decision_line(run), share(run)) == (
        "#7 running, 5 Mar 11:00 UTC",
        "training, step 10 of 40",
        0.25,
    )
    going = {"progress": run["progress"] | {"loss": 0.4211, "remaining": 190.0}}
    assert decision_line(run | going) == "training, step 10 of 40, loss 0.42, 3 min left"
    going["progress"]["remaining"] = 12.3
    assert decision_line(run | going).endswith("12 s left")
    assert decision_line(run | {"progress": {}}) == "is getting ready"
    assert decision_line(run | {"progress": {}, "state": "queued"}) == "waits for a worker"
    assert decision_line(run | {"decision": "kept: no better"}) == "kept: no better"
    assert share(run | {"progress": {}}) == share(None) == 0.0
    assert run_line(None) == "none yet"


def test_a_run_says_which_checks_failed() -> None:
    checks = [{"name": "overall", "passed": True}, {"name": "latency", "passed": False}]
    assert checks_line({"figures": {"checks": checks}}) == "gate: 1 of 2 checks passed; failed: latency"
    assert checks_line({"figures": {"checks": checks[:1]}}) == "gate: 1 of 1 checks passed"
    assert checks_line(None) == checks_line({"figures": None}) == checks_line({"figures": {}}) == ""


def test_the_gate_lists_what_failed_first_and_folds_the_slices_that_held() -> None:
    figures = {"figure": -0.031, "limit": -0.02, "detail": "why"}
    names = (("overall", True), ("negative recall", False), ("slice Macro", True), ("slice IPO", False))
    rows = gate({"figures": {"checks": [figures | {"name": name, "passed": passed} for name, passed in names]}})
    assert [one["name"] for one in rows] == ["negative recall", "slice IPO", "overall", "1 slices"]
    minus = "\N{MINUS SIGN}"
    assert rows[0] == {
        "state": "wrong",
        "name": "negative recall",
        "figure": f"{minus}0.031, limit {minus}0.02",
        "detail": "why",
    }
    assert gate(None) == gate({"figures": None}) == []


def test_each_scorer_says_what_it_serves_and_what_is_wrong_with_it() -> None:
    found = servers(models(("m2", "", 1), ("m1", "", 1), ("m1", "hash differs", 1), ("m2", "", 9_000)), NOW)
    assert [(one["name"], one["figure"], one["state"]) for one in found] == [
        ("s0", "m2", "good"),
        ("s1", "m1", "wrong"),
        ("s2", "m1", "wrong"),
    ]
    assert [one["detail"] for one in found[1:]] == ["since 5 Mar 09:00 UTC", "hash differs"]


def test_the_tab_shows_how_many_alerts_fire() -> None:
    assert title(Snapshot([], None, Learning({}, None, {}))) == "Bearometer"


def test_both_schemes_name_the_same_colours() -> None:
    light, dark = variables().split("@media")
    assert light.count("--") == dark.count("--")
