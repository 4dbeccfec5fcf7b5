"""`bearometer backtest` as a person and a program meet it."""

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from lexicon import LexiconEngine
from typer.testing import CliRunner, Result

from bearometer_alerts.backtest import model
from bearometer_alerts.backtest_command import backtest
from bearometer_shared.errors import UserError

PNG = b"\x89PNG"


def run(*words: str | Path) -> Result:
    app = typer.Typer()
    app.command()(backtest)
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """Six weeks of hours; on the last Friday three loud ones."""
    chance, start = np.random.default_rng(3), datetime(2026, 1, 5)  # noqa: DTZ001 - the file names no zone
    values = chance.poisson(50, 42 * 24)
    values[1004:1007] = 400
    file = tmp_path / "mentions.csv"
    rows = (f"{start + timedelta(hours=hour)},{value}\n" for hour, value in enumerate(values))
    file.write_text("timestamp,value\n" + "".join(rows))
    return file


@pytest.fixture
def news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A calm day, then a loud quarter of an hour; words decide instead of a model."""
    loaded: Callable[..., LexiconEngine] = lambda folder, say: LexiconEngine()  # noqa: E731 - one line is all it needs
    monkeypatch.setattr(model, "load", loaded)
    start = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
    calm = [(n * 3, "Shares are unchanged" if n % 10 else "Fund cuts its fees", []) for n in range(480)]
    loud = [(1440 + n, f"Corwen halted {n}", ["CRWB"]) for n in range(12)]
    rows = [
        {"published_at": (start + timedelta(minutes=minute)).isoformat(), "title": title, "tickers": about}
        for minute, title, about in [*calm, *loud]
    ]
    file = tmp_path / "news.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{}\n")
    return file


def test_counts_have_alerts_scores_and_a_picture(counts: Path, tmp_path: Path) -> None:
    scores, picture = tmp_path / "scores.csv", tmp_path / "counts.png"
    result = run(counts, "--format", "counts", "--scores", scores, "--chart", picture, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["rows"], told["step_s"], told["gaps"]) == (1008, 3600, 0)
    (alert,) = told["alerts"]
    assert alert["fired_at"] == "2026-02-15T20:00:00Z"
    assert (alert["dimension"], alert["key"], alert["observed"]) == ("series", "mentions", 400)
    assert alert["expected"] < 60
    rows = list(csv.DictReader(scores.read_text().splitlines()))
    assert [row["timestamp"] for row in rows] == [line.split(",")[0] for line in counts.read_text().splitlines()[1:]]
    assert float(rows[1004]["score"]) > told["threshold"] > max(float(row["score"]) for row in rows[:1004])
    assert picture.read_bytes().startswith(PNG)


def test_news_has_the_form_that_programs_read(news: Path, tmp_path: Path) -> None:
    result = run(news, "--format", "news", "--chart", tmp_path / "news.png", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["items"], told["bad"], told["model_version"]) == (492, 1, "lexicon-1")
    alert = next(alert for alert in told["alerts"] if alert["key"] == "CRWB")
    wanted = {"fired_at", "resolved_at", "dimension", "key", "severity", "observed", "expected", "p_value", "stories"}
    assert wanted <= set(alert)
    assert {"title", "source", "published_at", "score"} <= set(alert["stories"][0])
    assert (tmp_path / "news.png").read_bytes().startswith(PNG)
    assert "line 493" in result.stderr


def test_rules_take_the_place_of_the_built_in_ones(news: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n- {name: spike, dimensions: [topic]}\n- {name: mine, dimensions: [ticker], keys: [CRW*]}\n"
    )
    told = json.loads(run(news, "--format", "news", "--rules", rules, "--json").stdout)
    assert {alert["key"] for alert in told["alerts"] if alert["dimension"] != "topic"} == {"CRWB"}
    rules.write_text("rules:\n- {name: mine, watchlists: [banks]}\n")
    refused = run(news, "--format", "news", "--rules", rules).exception
    assert isinstance(refused, UserError)
    assert "rule 'mine': watchlists are kept in the database" in str(refused)


def test_companies_of_ones_own_are_found_by_name_and_counted_in_their_sector(news: Path, tmp_path: Path) -> None:
    news.write_text(news.read_text().replace('"CRWB"', ""))
    companies, rules = tmp_path / "companies.csv", tmp_path / "rules.yaml"
    companies.write_text("ticker,name,aliases,sector\nCRWB,Corwen Bancorp,Corwen,Financials\n")
    rules.write_text("rules:\n- {name: mine, dimensions: [ticker, sector]}\n")
    words = (news, "--format", "news", "--rules", rules, "--json")
    assert "CRWB" not in run(*words).stdout
    told = {alert["key"] for alert in json.loads(run(*words, "--companies", companies).stdout)["alerts"]}
    assert {"CRWB", "Financials"} <= told


def test_a_person_gets_a_table(news: Path, counts: Path) -> None:
    shown = run(news, "--format", "news").stdout
    assert "ticker CRWB" in shown
    assert "Corwen halted" in shown
    assert "series" in run(counts, "--format", "counts").stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("{news}", "--format", "news", "--scores", "out.csv"), "--scores is for --format counts"),
        (("{counts}", "--format", "counts", "--model", "m"), "--model scores news"),
        (("{counts}", "--format", "counts", "--rules", "r"), "--rules are for --format news"),
        (("{counts}", "--format", "counts", "--companies", "c"), "--companies are for --format news"),
        (("{news}", "--format", "news", "--companies", "nowhere.csv"), "nowhere.csv: No such file"),
        (("nowhere.csv", "--format", "counts"), "nowhere.csv: No such file"),
        (("nowhere.jsonl", "--format", "news"), "nowhere.jsonl: no such file"),
        (("{counts}", "--format", "news"), "no line is news with a date"),
        (("{counts}", "--format", "counts", "--scores", "/nowhere/out.csv"), "/nowhere/out.csv: no such folder"),
        (("{counts}", "--format", "counts", "--chart", "/nowhere/out.png"), "/nowhere/out.png: no such folder"),
    ],
)
def test_a_mistake_is_one_line(news: Path, counts: Path, words: tuple[str, ...], reason: str) -> None:
    result = run(*(word.format(news=news, counts=counts) for word in words))
    assert isinstance(result.exception, UserError)
    assert reason in str(result.exception)
    assert "\n" not in str(result.exception)
