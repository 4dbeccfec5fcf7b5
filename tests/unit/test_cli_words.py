"""What `doctor` and the demo's summary say."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from learning_desk import judged

from bearometer_cli import doctor, summary
from bearometer_cli.demo import SAMPLE, read_day
from bearometer_cli.doctor import model
from bearometer_cli.doctor.finding import Finding
from bearometer_retrainer.gate import decide
from bearometer_shared.entities import read_file
from bearometer_shared.inference import backend
from bearometer_shared.settings import Device


def test_doctor_says_one_line_a_thing_and_what_to_install() -> None:
    found = [
        Finding("Java", True, "17", "apt-get install it"),
        Finding("Maven", False, "none", "apt-get install maven"),
    ]
    assert doctor.report(found).splitlines() == [
        "ok       Java             17",
        "missing  Maven            none; apt-get install maven",
    ]


def test_doctor_finds_python_and_names_each_thing_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {finding.name: finding for finding in doctor.examine()}
    assert found["Python"].ok
    assert {"Java", "Kafka jars", "Maven", "Postgres", "Valkey", "Model base", "Champion", "Disk", "Ports"} <= set(
        found
    )
    json.dumps([finding.as_dict() for finding in found.values()])


@pytest.mark.parametrize(
    ("device", "missing", "ok", "text"),
    [
        ("auto", "", True, "torch on the GPU"),
        ("cuda", "", True, "torch on the GPU"),
        ("auto", "no driver", True, "ONNX Runtime on the CPU: no driver"),
        ("cuda", "no driver", False, "BEAROMETER_DEVICE=cuda: no driver"),
        ("cpu", "", True, "ONNX Runtime on the CPU, by BEAROMETER_DEVICE=cpu"),
    ],
)
def test_doctor_says_where_the_model_runs_and_why(
    monkeypatch: pytest.MonkeyPatch, device: Device, missing: str, ok: bool, text: str
) -> None:
    monkeypatch.setattr(backend, "cuda_missing", lambda: missing)
    found = model.serving(device)
    assert (found.name, found.ok, found.text, found.essential) == ("Serving", ok, text, not ok)


def test_the_summary_counts_what_is_new() -> None:
    counts = {"items": 10, "negative": 3, "neutral": 5, "positive": 2}
    assert summary.items(counts, before=4) == "10 scored (3 negative, 5 neutral, 2 positive); 6 new in this run"


def test_the_summary_names_alerts_that_fired_in_order() -> None:
    base = {"dimension": "ticker", "expected": 1.25, "severity": "high", "state": "resolved", "id": 1, "incident": 1}
    found = [
        {**base, "key": "LATE", "observed": 9, "fired_at": "2026-03-05T15:00:00Z"},
        {**base, "key": "PENDING", "observed": 2, "fired_at": None},
        {**base, "key": "all", "dimension": "all", "id": 2, "observed": 20, "fired_at": "2026-03-05T16:00:00Z"},
        {**base, "key": "EARLY", "observed": 7, "fired_at": "2026-03-05T11:00:00Z"},
    ]
    assert list(summary.alerts(found)) == [
        "2026-03-05 11:00 UTC, ticker EARLY: 7 negative, 1.2 expected; high, resolved",
        "2026-03-05 15:00 UTC, ticker LATE: 9 negative, 1.2 expected; high, resolved",
        "2026-03-05 16:00 UTC, + all news: 20 negative, 1.2 expected; high, resolved",
    ]
    assert list(summary.alerts([])) == ["none"]


def test_the_summary_gives_the_figures_of_both_models() -> None:
    """Of a run as the retrainer stores it, with all that is no accuracy."""
    before, after = judged(0.8, 20), judged(0.81, 30)
    checks = [asdict(check) for check in decide(before, after).checks]
    found = {"champion": before.figures(), "candidate": after.figures(), "checks": checks}
    assert list(summary.figures(found)) == [
        "golden sentiment: accuracy 0.800, then 0.810 (n = 300)",
        "fresh sentiment: accuracy 0.500, then 0.750 (n = 40)",
        f"{len(checks)} of {len(checks)} checks passed",
    ]
    checks[0]["passed"] = False
    assert list(summary.figures(found))[-1].endswith(f"failed: {checks[0]['name']}")
    assert list(summary.figures({"promoted": False, "held_out": 3})) == []


def test_the_summary_says_how_many_scorers_serve_the_champion() -> None:
    found = {"champion": "m-2", "servers": [{"version": "m-2"}, {"version": "m-1"}]}
    assert summary.model(found) == "m-2 serves in 1 of 2 scorers"


def test_every_ticker_of_the_sample_day_is_a_company_of_its_list() -> None:
    titles = " ".join(json.loads(line)["title"] for line in (SAMPLE / "day.jsonl").read_text().splitlines())
    named = {row.ticker for row in read_file(SAMPLE / "companies.csv")}
    assert named == set(re.findall(r"(?:\$|NYSE: |NASDAQ: )([A-Z]{4})\b", titles))


def test_the_sample_is_one_day() -> None:
    day = read_day(SAMPLE / "day.jsonl")
    assert day.first.date() == day.last.date()
    assert day.first < datetime(2026, 3, 5, 12, tzinfo=UTC) < day.last
