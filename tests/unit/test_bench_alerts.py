"""`bench alerts`: spikes put into a small made stream, what is judged of them, and what ours is measured against."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from lexicon import LexiconEngine

from bearometer_alerts.backtest import offered
from bearometer_cli.bench import alerts as bench
from bearometer_cli.bench import alerts_backtest, alerts_news, injection
from bearometer_cli.bench.alerts_backtest import Alarm
from bearometer_cli.bench.alerts_incidents import incidents, paired
from bearometer_cli.bench.alerts_judging import figures
from bearometer_cli.bench.alerts_news import SETS, Known, NewsSet, Stream
from bearometer_cli.bench.alerts_rivals import Oracle, plain
from bearometer_cli.bench.alerts_table import table
from bearometer_cli.bench.injection import APART, ELSEWHERE, SHAPES, SIZES, Spike, passes
from bearometer_shared.errors import UserError
from bearometer_shared.storage.articles import ArticleRow

START, MINUTE = datetime(2026, 3, 2, tzinfo=UTC), timedelta(minutes=1)
TOPICS = ("Markets", "Markets", "Markets", "Earnings", "IPO")
ABOUT = NewsSet("made.jsonl", "topic", ("step", "ramp"))


def row(number: int, minute: float, negative: bool = False, topic: str = "Markets") -> ArticleRow:
    return ArticleRow(
        stored_on=START.date(),
        stream="bench",
        id=f"n{number}",
        published_at=START + minute * MINUTE,
        received_at=START,
        stored_at=START,
        future=False,
        late=False,
        source="wire",
        title=f"Company {number} {'falls' if negative else 'reports'}",
        body="",
        url="",
        lang="en",
        tickers=["ACME"],
        batch=UUID(int=0),
        model_version="m1",
        sentiment="negative" if negative else "neutral",
        negative=900_000 if negative else 100_000,
        neutral=50_000 if negative else 850_000,
        positive=50_000,
        signed=-850_000 if negative else -50_000,
        topic=topic,
        topic_p=900_000,
    )


def calm(days: int = 25, every: int = 10) -> list[ArticleRow]:
    """Six items an hour by the clock; each seventh is negative."""
    return [row(n, n * every, n % 7 == 0, TOPICS[n % 5]) for n in range(days * 1440 // every)]


def burst(minute: float, size: int = 12, topic: str = "IPO") -> list[ArticleRow]:
    return [row(100_000 + n, minute + n, True, topic) for n in range(size)]


@pytest.fixture(scope="module")
def rows() -> list[ArticleRow]:
    return calm()


@pytest.fixture(scope="module")
def drawn(rows: list[ArticleRow]) -> list[list[Spike]]:
    return list(passes(rows, "topic", ("step", "ramp", "burn"), repeats=2))


def test_each_shape_and_size_comes_as_often_as_asked(drawn: list[list[Spike]]) -> None:
    kinds = sorted((spike.shape, len(spike.rows)) for spikes in drawn for spike in spikes)
    assert kinds == sorted((shape, size) for shape in ("step", "ramp", "burn") for size in SIZES for _ in range(2))


def test_its_items_are_separate_stories_in_the_words_of_another_time(
    rows: list[ArticleRow], drawn: list[list[Spike]]
) -> None:
    at = {one.title: one.published_at for one in rows if one.sentiment == "negative"}
    moved = [one for spikes in drawn for spike in spikes for one in spike.rows]
    assert all(len({getattr(one, name) for one in moved}) == len(moved) for name in ("id", "story", "source"))
    for spike in (spike for spikes in drawn for spike in spikes):
        assert len({one.title for one in spike.rows}) == len(spike.rows)
        assert all(abs(at[one.title] - spike.first) > ELSEWHERE for one in spike.rows)
        assert {("topic", one.topic) for one in spike.rows} == {spike.key}


def test_spikes_of_one_pass_are_far_apart_and_a_few_days_in(drawn: list[list[Spike]]) -> None:
    for spikes in drawn:
        assert spikes[0].first >= START + injection.WARM_UP
        for before, after in pairwise(spikes):
            assert after.first - before.last >= APART


def test_the_same_seed_draws_the_same_and_another_one_does_not(rows: list[ArticleRow]) -> None:
    first, again, other = (next(passes(rows, "topic", ("step",), 1, seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_shapes_are_minutes_an_hour_and_a_day() -> None:
    assert [shape(1.0) for shape in SHAPES.values()] == [10, 60, 1440, 0]
    assert SHAPES["ramp"](0.25) == 30  # three quarters of the items fall into its second half


def test_busy_keys_are_the_few_that_half_of_the_negatives_are_about(drawn: list[list[Spike]]) -> None:
    found = {spike.key[1]: spike.busy for spikes in drawn for spike in spikes}
    assert found == {"Markets": True, "Earnings": False, "IPO": False}


def test_a_spike_of_tickers_is_about_its_ticker_alone(rows: list[ArticleRow]) -> None:
    (spike, *_) = next(passes(rows, "ticker", ("step",), 1))
    assert {tuple(one.tickers) for one in spike.rows} == {("ACME",)}
    assert {("all", "all"), ("ticker", "ACME")} < spike.keys


@pytest.mark.parametrize(
    ("few", "reason"),
    [(calm(days=3), "leave no room for a spike"), ([*calm()[:100:7], *calm()[1::7]], "negative items are too few")],
    ids=["three days", "few negatives"],
)
def test_too_little_news_is_one_line(few: list[ArticleRow], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        list(passes(few, "topic", ("step", "burn"), 1))


def test_alarms_are_judged_by_what_they_fire_on_and_when() -> None:
    about = replace_known(Known(START, START + timedelta(hours=1), ("Macro",)))
    stream = Stream(calm(days=2), about)
    spike = Spike("step", ("topic", "IPO"), False, burst(600, 5))
    always = [Alarm(("topic", "Earnings"), START + 5 * MINUTE), Alarm(("topic", "Macro"), START + 5 * MINUTE)]
    caused = [
        Alarm(("topic", "IPO"), START + 603 * MINUTE),
        Alarm(("all", "all"), START + 604 * MINUTE),
        Alarm(("topic", "IPO"), START + 900 * MINUTE),  # too late to be told of this spike
        Alarm(("ticker", "ZZZ"), START + 604 * MINUTE),  # none of its items is about that
    ]

    def run(rows: Sequence[ArticleRow]) -> list[Alarm]:
        return [*always, *caused] if len(rows) > len(stream.rows) else always

    found = figures(run, stream, [[spike]])
    assert found["precision"] == round(3 / 6, 3)
    assert (found["recall"], found["delay_median"], found["spikes"]) == (1, 3, 1)
    assert found["false_per_day"] == 0.5
    assert found["false_per_day_of"] == {"all": 0, "topic": 0.5, "ticker": 0}
    assert (found["known"], found["known_told"]) == (1, 1)
    assert found["by_size"]["step 5"]["recall"] == 1
    assert found["by_size"]["ramp 5"]["recall"] is None
    assert (found["by_key"]["quiet"]["spikes"], found["by_key"]["busy"]["spikes"]) == (1, 0)


def replace_known(known: Known) -> NewsSet:
    return ABOUT._replace(known=(known,))


def test_an_alarm_that_the_stream_raises_anyway_finds_no_spike() -> None:
    stream, spike = Stream(calm(days=2), ABOUT), Spike("step", ("topic", "IPO"), False, burst(600, 5))
    found = figures(lambda _rows: [Alarm(spike.key, START + 603 * MINUTE)], stream, [[spike]])
    assert (found["recall"], found["precision"]) == (0, 0)


def test_two_spikes_at_once_are_to_be_one_incident_each_and_not_one_together() -> None:
    stream = Stream(calm(days=2), ABOUT)
    spikes = [
        Spike("step", ("topic", "IPO"), False, burst(600)),
        Spike("step", ("topic", "Earnings"), False, burst(2000, topic="Earnings")),
        Spike("step", ("topic", "Macro"), False, burst(9000, topic="Macro")),  # an odd one out
    ]
    at, later = START + 603 * MINUTE, START + 605 * MINUTE

    def run(ipo: int, earnings: int) -> dict[str, float]:
        caused = [Alarm(spikes[0].key, at, ipo), Alarm(spikes[1].key, later, earnings), Alarm(("all", "all"), at, 9)]
        return incidents(lambda rows: caused if len(rows) > len(stream.rows) else [], stream, [spikes])

    assert run(1, 2) == {"alerts_per_incident": 1, "whole": 1, "apart": 1, "pairs": 1}
    assert run(1, 1) == {"alerts_per_incident": 1.5, "whole": 1, "apart": 0, "pairs": 1}
    assert incidents(lambda _rows: [], stream, [spikes[:1]])["apart"] is None


def test_the_second_of_a_pair_begins_with_the_first() -> None:
    spikes = [
        Spike("step", ("topic", name), False, burst(at, topic=name)) for at, name in ((600, "IPO"), (2000, "Macro"))
    ]
    [(first, second)] = paired(spikes)
    assert (first, second.first, second.last) == (spikes[0], first.first, first.last)
    assert list(paired([spikes[0], spikes[0]])) == []


def test_the_plain_way_fires_beyond_three_deviations_of_a_day_and_needs_that_day(rows: list[ArticleRow]) -> None:
    assert plain(rows) == []
    assert plain([*rows[:50], *burst(505)]) == []
    times = {alarm.at for alarm in plain([*rows[:400], *burst(3000)]) if alarm.key == ("topic", "IPO")}
    assert times == {START + 3004 * MINUTE}  # the fourth item's minute is over


def test_an_oracle_raises_no_more_than_it_may_and_finds_what_is_beyond_that(rows: list[ArticleRow]) -> None:
    stream = Stream([*rows, *burst(9000, 5, "Earnings")], ABOUT)
    oracle = Oracle(stream, most=0)
    assert oracle(stream.rows) == []
    assert ("topic", "IPO") in {alarm.key for alarm in oracle([*stream.rows, *burst(20_000)])}
    free = Oracle(stream, most=3)
    assert 0 < len(free(stream.rows)) <= 3
    assert free.threshold > oracle.threshold


def news_folder(folder: Path) -> Path:
    """All sets, small and made; words decide what is negative. A count series with one loud hour."""
    for about in SETS.values():
        path = folder / about.file.removesuffix(".gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            {"id": one.id, "published_at": f"{one.published_at:%Y-%m-%dT%H:%M}Z", "title": one.title, "ticker": "ACME"}
            for one in calm(14, 30)
        ]
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (folder / "nab" / "realTweets").mkdir(parents=True)
    (folder / "nab" / "windows.json").write_text(
        '{"realTweets/a.csv": [["2026-03-05 00:00:00", "2026-03-05 06:00:00"]], "realKnownCause/b.csv": []}'
    )
    counts = (
        f"{START + n * 5 * MINUTE:%Y-%m-%d %H:%M:%S},{400 if 864 <= n < 876 else 20 + n % 7}\n" for n in range(1500)
    )
    (folder / "nab" / "realTweets" / "a.csv").write_text("timestamp,value\n" + "".join(counts))
    return folder


@pytest.fixture
def plain_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SPIKES", 15)
    sets = {name: about._replace(file=about.file.removesuffix(".gz")) for name, about in SETS.items()}
    monkeypatch.setattr(bench, "SETS", sets)


def test_the_whole_run_has_the_keys_that_others_read_and_a_table(tmp_path: Path, plain_files: None) -> None:
    said = list[str]()
    found = bench.alerts(news_folder(tmp_path), 10_000, offered, LexiconEngine(), said.append)
    assert set(found["sets"]) == {"reuters1987", "stocknet", "sp500_headlines"}
    for one in found["sets"].values():
        assert {"precision", "recall", "delay_median", "false_per_day"} <= set(one)
        assert one["items"] == 14 * 48
    assert found["sets"]["reuters1987"]["by_size"]["step 15"]["recall"] == 1
    assert found["nab"]["score"] > 0.9
    ticked = {"nab_score": found["nab"]["score"], "keys_per_tick": 10_000, "tick_seconds": 0.5}
    shown = "\n".join(table(found | ticked))
    assert "reuters1987: 672 items on 14 days" in shown
    assert "10,000 keys a tick: 0.5 s" in shown
    assert "alerts an incident" in shown
    assert any("spikes in" in line for line in said)


def test_only_the_first_items_are_scored_and_a_missing_set_is_named(tmp_path: Path) -> None:
    about = SETS["sp500_headlines"]
    engine = LexiconEngine()
    assert len(alerts_news.read(news_folder(tmp_path), about, 70, offered, engine, print).rows) == 70
    with pytest.raises(UserError, match=r"nowhere.*2008-2019\.jsonl"):
        alerts_news.read(tmp_path / "nowhere", about, 70, offered, engine, print)
    (tmp_path / about.file).write_text('{"title": ""}\n')
    with pytest.raises(UserError, match="holds no news"):
        alerts_news.read(tmp_path, about, 70, offered, engine, print)


def test_without_the_alert_service_there_is_no_benchmark_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_backtest, "GROUP", "nobody.offers.this")
    with pytest.raises(UserError, match="back-test is not installed"):
        alerts_backtest.load()


def test_ours_says_what_the_backtest_says_of_the_same_rows(rows: list[ArticleRow]) -> None:
    loud = [*rows, *burst(20_000)]
    assert alerts_backtest.alarms(offered, loud) == [
        Alarm((alert.dimension, alert.key), alert.fired_at) for alert in offered.alerts(loud)
    ]
    shuffled = [replace(one, source="again") for one in reversed(loud)]
    assert set(alerts_backtest.alarms(offered, shuffled)) == set(alerts_backtest.alarms(offered, loud))
