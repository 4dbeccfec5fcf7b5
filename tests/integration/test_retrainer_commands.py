"""`bearometer labels`, `models` and `retrain` over a real Postgres, and when a run begins by itself."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from learning_desk import NOW, Teacher, add_labels, desk, queued
from sqlalchemy import Engine, text
from typer import Typer
from typer.testing import CliRunner, Result

from bearometer_retrainer import commands, label_files, schedule
from bearometer_retrainer.lesson import Recipe, gather
from bearometer_retrainer.run import run
from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.settings import Settings, settings
from bearometer_shared.storage import claims, labels, models, outbox, retention, runs
from bearometer_shared.storage.labels import Labelled
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.session import connect, transaction
from bearometer_training import data


@pytest.fixture
def database(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that commands find, too."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    engine = connect(settings())
    yield engine
    engine.dispose()
    settings.cache_clear()


def call(group: Typer, *arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def retrain(*arguments: str) -> Result:
    single = Typer()
    single.command()(commands.retrain)
    return call(single, *arguments)


def facts(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def write(path: Path, *rows: str) -> str:
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return str(path)


def consider(database: Engine, given: Settings, now: Any = NOW) -> int | None:
    with transaction(database) as connection:
        return schedule.consider(connection, given, now)


GOOD = '{"text":"Hartwell Bank halts withdrawals","sentiment":"negative"}'


def test_valid_rows_are_imported_and_bad_ones_named(database: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "l.jsonl", GOOD, "nonsense", '{"title":"B\u2028b","topic":"Macro"}', '{"text":"C"}')
    result = call(commands.labels, "import", file)
    assert result.exit_code == 1
    assert f"{file}:2: not a label row" in result.stderr
    assert f"{file}:4: neither sentiment nor topic" in result.stderr
    assert "2 labels imported" in result.stdout
    assert facts(call(commands.labels, "stats", "--json")) == {
        "fresh": 2,
        "total": 2,
        "disputed": 0,
        "by_kind": {"label": 2, "adjudication": 0, "skip": 0, "weak": 0},
        "verdicts": {},
        "by_sentiment": {"negative": 1},
        "by_topic": {"Macro": 1},
        "agreement": {head: {"texts": 0, "alpha": None, "pairs": []} for head in ("sentiment", "topic")},
    }


def test_importing_a_file_again_adds_nothing(database: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "l.jsonl", GOOD)
    assert facts(call(commands.labels, "import", file, "--json"))["imported"] == 1
    again = facts(call(commands.labels, "import", file, "--json"))
    assert (again["imported"], again["known"], again["fresh"]) == (0, 1, 1)


def test_labels_come_out_as_they_went_in(database: Engine, tmp_path: Path) -> None:
    """With the model's word at the time, and the time: into an empty database and out again is the same file."""
    model = {"model_version": "m1", "model_said": {"sentiment": "neutral", "probabilities": {"negative": 0.2}}}
    said = [
        {
            "text": "A fine",
            "sentiment": word,
            "annotator": "ana",
            **model,
            "created_at": f"2026-03-0{day}T08:00:00+00:00",
        }
        for day, word in enumerate(("negative", "positive", "negative"), 1)
    ]
    file, out = write(tmp_path / "l.jsonl", *map(json.dumps, said)), tmp_path / "out.jsonl"
    assert facts(call(commands.labels, "import", file, "--json"))["imported"] == 3
    assert facts(call(commands.labels, "export", str(out), "--json")) == {"exported": 3}
    assert [json.loads(line) for line in out.read_text().splitlines()] == said
    assert facts(call(commands.labels, "import", file, "--json"))["imported"] == 0, "changes of mind have their times"


def test_a_label_of_an_entity_is_apart_from_that_of_its_text(database: Engine, tmp_path: Path) -> None:
    """It is disputed and settled by itself, teaches the same row, and comes out as training reads it."""
    rows = [
        {"text": "Alpha beats Beta", "topic": "Earnings", "entities": {"Alpha": "positive", "Beta": "negative"}},
        {"text": "Alpha beats Beta", "entities": {"beta": "neutral"}, "annotator": "ben"},
    ]
    file, out = write(tmp_path / "l.jsonl", *map(json.dumps, rows)), tmp_path / "out.jsonl"
    assert facts(call(commands.labels, "import", file, "--annotator", "ana", "--json"))["imported"] == 4
    [item] = facts(call(commands.labels, "disagreements", "--json"))["items"]
    assert (item["entity"], item["heads"]) == ("beta", ["sentiment"])
    assert "(on sentiment towards beta)" in call(commands.labels, "disagreements").stdout
    settle = ("adjudicate", rows[0]["text"], "--entity", "Beta", "--sentiment", "negative", "--json")
    assert facts(call(commands.labels, *settle))["disputed"] == 0
    with transaction(database) as connection:
        lesson = gather(connection, Recipe())
    [row] = [*lesson.fresh, *lesson.held_out]
    assert (row.sentiment, row.topic) == (None, "Earnings")
    assert {name.title(): word for name, word in row.entities} == {"Alpha": "positive", "Beta": "negative"}
    call(commands.labels, "export", str(out))
    assert [row.entities for row in data.read(out)][1:3] == [(("Alpha", "positive"),), (("Beta", "negative"),)]
    assert facts(call(commands.labels, "import", str(out), "--json"))["imported"] == 0
    with pytest.raises(UserError, match="a topic is the whole text's"):
        NewLabel("Alpha beats Beta", "positive", "Earnings", "ana", entity="Alpha")


def test_an_old_file_overrules_nothing_that_was_said_since(database: Engine, tmp_path: Path) -> None:
    with transaction(database) as connection:
        labels.add(connection, [NewLabel("A fine", "positive", None, "ana")], NOW)
    old = {"text": "A fine", "sentiment": "negative", "annotator": "ana", "created_at": "2026-03-01T08:00:00Z"}
    assert (
        facts(call(commands.labels, "import", write(tmp_path / "l.jsonl", json.dumps(old)), "--json"))["imported"] == 1
    )
    with transaction(database) as connection:
        assert [found.sentiment for found in labels.fresh(connection)] == ["positive"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"created_at": "yesterday"}, "not a time in ISO 8601"),
        ({"created_at": "2999-01-01T00:00:00Z"}, "lies in the future"),
        ({"created_at": 7}, "not a text"),
        ({"model_said": "negative"}, "not an object"),
        ({"model_said": {"a": "\0"}}, "NUL"),
        ({"model_said": {"a": "\ud800"}}, "surrogates"),
        ({"model_said": {"a": float("nan")}}, "not JSON compliant"),
    ],
)
def test_what_a_file_cannot_have_said_is_named(tmp_path: Path, said: dict[str, Any], reason: str) -> None:
    file = tmp_path / "l.jsonl"
    good, bad = label_files.parsed(Path(write(file, GOOD, json.dumps(json.loads(GOOD) | said))), "ana", NOW)
    assert (len(good), len(bad)) == (1, 1)
    assert bad[0].startswith(f"{file}:2: ")
    assert reason in bad[0]


def test_the_newest_word_on_each_head_counts(database: Engine) -> None:
    with transaction(database) as connection:
        for sentiment, topic in (("negative", None), (None, "Macro"), ("positive", None)):
            labels.add(connection, [NewLabel("A text", sentiment, topic, "ana")], NOW)
        (found,) = labels.fresh(connection)
    assert (found.sentiment, found.topic, len(found.ids)) == ("positive", "Macro", 3)


def test_a_correction_of_a_used_label_is_fresh_again(database: Engine) -> None:
    with transaction(database) as connection:
        labels.mark_used(connection, labels.add(connection, [NewLabel("A text", "negative", None, "ana")], NOW), 1)
        assert labels.fresh(connection) == []
        assert len(labels.earlier(connection)) == 1
        labels.add(connection, [NewLabel("a TEXT", "positive", None, "ana")], NOW)
        assert [found.sentiment for found in labels.fresh(connection)] == ["positive"]
        assert labels.earlier(connection) == []


def test_what_annotators_disagree_on_teaches_nothing_until_it_is_settled(database: Engine) -> None:
    """The head that they agree on teaches meanwhile; the labels stay fresh, and no run begins for them."""
    with transaction(database) as connection:
        labels.add(connection, [NewLabel("A text", "negative", "Macro", "ana")], NOW)
        labels.add(connection, [NewLabel("A text", "positive", "Macro", "ben")], NOW)
        assert labels.fresh(connection) == [Labelled("A text", None, "Macro", ())]
        assert labels.waiting(connection) is None
        assert (labels.stats(connection)["fresh"], labels.stats(connection)["disputed"]) == (2, 1)
        labels.add(connection, [NewLabel("A text", "neutral", None, "cleo", adjudicated=True)], NOW)
        labels.add(connection, [NewLabel("A text", "positive", None, "dan")], NOW)
        (found,) = labels.fresh(connection)
        assert (found.sentiment, found.topic, len(found.ids)) == ("neutral", "Macro", 4)
        assert labels.stats(connection)["disputed"] == 0


def test_an_annotator_who_gives_in_ends_a_dispute(database: Engine) -> None:
    with transaction(database) as connection:
        labels.mark_used(connection, labels.add(connection, [NewLabel("A text", "negative", None, "ana")], NOW), 1)
        labels.add(connection, [NewLabel("A text", "positive", None, "ben")], NOW)
        assert labels.fresh(connection) == labels.earlier(connection) == [], "what taught before is doubtful now"
        labels.add(connection, [NewLabel("A text", "positive", None, "ana")], NOW)
        (found,) = labels.fresh(connection)
        assert (found.sentiment, len(found.ids)) == ("positive", 3)


def test_an_adjudication_is_repeated_only_if_another_came_between(database: Engine) -> None:
    said = [
        NewLabel("A text", word, None, who, adjudicated=True)
        for word, who in (("negative", "cleo"), ("positive", "dan"))
    ]
    with transaction(database) as connection:
        ids = labels.add(connection, [said[0], said[0], said[1], said[0]], NOW)
        assert ids[0] == ids[1]
        assert len(set(ids)) == 3
        assert labels.add(connection, said[:1], NOW) == ids[3:]
        assert labels.fresh(connection)[0].sentiment == "negative"


def test_disagreements_are_listed_and_adjudicated_at_the_terminal(database: Engine) -> None:
    with transaction(database) as connection:
        labels.add(connection, [NewLabel("A text", "negative", "Macro", "ana", note="a loss")], NOW)
        labels.add(connection, [NewLabel("a text", "positive", "Macro", "ben")], NOW)
        labels.add(connection, [NewLabel("Another", "positive", None, "ben")], NOW)
    listed = facts(call(commands.labels, "disagreements", "--json"))
    [item] = listed["items"]
    assert (listed["total"], item["text"], item["heads"]) == (1, "a text", ["sentiment"])
    assert [(word["annotator"], word["sentiment"], word["note"]) for word in item["words"]] == [
        ("ana", "negative", "a loss"),
        ("ben", "positive", ""),
    ]
    assert "ana: negative, Macro - a loss" in call(commands.labels, "disagreements").stdout
    assert "1 texts wait for adjudication" in call(commands.labels, "stats").stdout
    unknown = call(commands.labels, "adjudicate", "No such text", "--sentiment", "negative")
    assert isinstance(unknown.exception, UserError)
    assert "nobody has labelled 'No such text'" in str(unknown.exception)
    settled = call(commands.labels, "adjudicate", "A TEXT", "--sentiment", "negative", "--annotator", "cleo", "--json")
    assert facts(settled)["disputed"] == 0
    assert facts(call(commands.labels, "disagreements", "--json")) == {"total": 0, "items": []}


def test_agreement_counts_newest_words_and_no_adjudication(database: Engine) -> None:
    words = {"ana": ("negative", "positive", "neutral"), "ben": ("negative", "positive", "positive")}
    with transaction(database) as connection:
        for who, said in words.items():
            new = [NewLabel(f"text {n}", word, None, who) for n, word in enumerate(said)]
            labels.add(connection, [NewLabel("text 0", "neutral", None, who), *new], NOW)
        labels.add(connection, [NewLabel("text 2", "negative", None, "cleo", adjudicated=True)], NOW)
    found = facts(call(commands.labels, "agreement", "--json"))
    # Cohen: 2 of 3 agree, 1/3 * 1/3 + 1/3 * 2/3 = 1/3 by chance. Krippendorff: 1 - 5 * 2 / (36 - 4 - 9 - 1).
    [pair] = found["sentiment"]["pairs"]
    assert (pair["annotators"], pair["texts"], pair["kappa"]) == (["ana", "ben"], 3, 0.5)
    assert found["sentiment"]["alpha"] == pytest.approx(1 - 10 / 22)
    assert found["topic"] == {"texts": 0, "alpha": None, "pairs": []}
    assert "topic: alpha not defined" in call(commands.labels, "agreement").stdout
    assert "on the sentiment of 3 texts annotators agree with alpha 0.545" in call(commands.labels, "stats").stdout


def test_a_file_says_who_labelled_by_which_guideline_and_why(database: Engine, tmp_path: Path) -> None:
    said = {"annotator": "ben", "guideline": "2026-03", "adjudicated": True, "note": "a loss"}
    rows = [json.loads(GOOD) | said, {"text": "B", "topic": "Macro"}, {"text": "C", "topic": "Macro", "note": 1}]
    rows.append({"text": "D", "topic": "Macro", "adjudicated": "yes"})
    file = write(tmp_path / "l.jsonl", *map(json.dumps, rows))
    result = call(commands.labels, "import", file, "--annotator", "ana")
    assert f"{file}:3: note: not a text: 1" in result.stderr
    assert f"{file}:4: adjudicated: neither true nor false: 'yes'" in result.stderr
    call(commands.labels, "export", str(tmp_path / "out.jsonl"))
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert first.items() >= said.items()
    assert second.keys() == {"text", "topic", "annotator", "created_at"}
    assert second["annotator"] == "ana"
    assert facts(call(commands.labels, "import", str(tmp_path / "out.jsonl"), "--json"))["imported"] == 0


def test_hostile_text_is_stored_clean(database: Engine) -> None:
    with transaction(database) as connection:
        labels.add(connection, [NewLabel("A\x00 <b>bad</b>\ud800 text", "negative", None, "a\x00na")], NOW)
        assert labels.fresh(connection)[0].text == "A bad ? text"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (("", "negative", None), "empty"),
        (("A", None, None), "neither"),
        (("A", "awful", None), "unknown sentiment"),
        (("A", None, "Cats"), "unknown topic"),
    ],
)
def test_a_label_that_says_nothing_known_is_refused(said: tuple[str, str | None, str | None], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        NewLabel(*said, "ana")


def test_promote_and_roll_back_move_the_pointer_and_keep_why(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run(desk(database, tmp_path / "home", Teacher()), queued(database))
    assert facts(call(commands.models, "rollback", "--reason", "worse on banks", "--json"))["champion"] == "shipped"
    assert facts(call(commands.models, "promote", "candidate", "--reason", "no, better", "--json"))["moved"]
    assert not facts(call(commands.models, "promote", "candidate", "--reason", "again", "--json"))["moved"]
    shown = facts(call(commands.models, "show", "candidate", "--json"))
    assert shown["promotions"][0]["reason"] == "no, better"
    listed = facts(call(commands.models, "list", "--json"))["models"]
    assert {row["version"]: row["champion"] for row in listed} == {"candidate": True, "shipped": False}
    assert "candidate" in call(commands.models, "list").stdout
    assert "no, better" in call(commands.models, "show", "candidate").stdout


def test_only_a_whole_artifact_is_promoted(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    at = desk(database, tmp_path / "home", Teacher())
    run(at, queued(database))
    (at.store.fetch("shipped") / "delta.safetensors").write_text("damaged")
    result = call(commands.models, "rollback", "--reason", "to be safe")
    assert isinstance(result.exception, ArtifactError)
    with transaction(database) as connection:
        champion = models.champion(connection)
    assert champion and champion.version == "candidate"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("promote", "none", "--reason", "x"), "no model version none"),
        (("show", "none"), "no model version none"),
        (("rollback", "--reason", "x"), "no model served before"),
        (("promote", "none", "--reason", " "), "say why"),
    ],
)
def test_a_mistake_with_models_is_one_clear_line(database: Engine, arguments: tuple[str, ...], reason: str) -> None:
    result = call(commands.models, *arguments)
    assert isinstance(result.exception, UserError)
    assert reason in str(result.exception)


def test_a_scorer_that_reports_keeps_since_until_its_version_changes(database: Engine) -> None:
    later = NOW + timedelta(minutes=1)
    with transaction(database) as connection:
        models.report_server(connection, "one", "a", "", NOW)
        models.report_server(connection, "one", "a", "cannot load b", later)
        (server,) = models.servers(connection)
        assert (server["since"], server["seen_at"], server["error"]) == (NOW, later, "cannot load b")
        models.report_server(connection, "one", "b", "", later)
        assert models.servers(connection)[0]["since"] == later


def test_retrain_queues_a_run_and_names_an_active_one(database: Engine) -> None:
    first = facts(retrain("--reason", "March", "--json"))
    assert (first["state"], first["reason"]) == ("queued", "March")
    result = retrain("--force-promote", "must see it", "--json")
    assert facts(result)["id"] == first["id"]
    assert facts(result)["force"] == "must see it"
    assert "is active already" in result.stderr
    kept = facts(retrain("--force-keep", "rather not", "--json"))
    assert (kept["force"], kept["keep"]) == (None, "rather not")


def test_a_forced_decision_is_one_and_has_a_reason(database: Engine) -> None:
    for arguments, reason in (
        (("--force-promote", "a", "--force-keep", "b"), "which of the two"),
        (("--force-keep", " "), "--force-keep: say why"),
        (("--force-promote", ""), "--force-promote: say why"),
    ):
        result = retrain(*arguments)
        assert isinstance(result.exception, UserError)
        assert reason in str(result.exception)
    with transaction(database) as connection:
        assert runs.active(connection) is None


def test_retrain_waits_for_the_decision_and_shows_what_it_rests_on(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    at = desk(database, tmp_path / "home", Teacher())
    worker = threading.Thread(target=run, args=(at, queued(database)))
    worker.start()
    result = retrain("--wait")
    worker.join()
    assert result.exit_code == 0, result.output
    assert "promoted: 30 of 40" in result.stdout
    assert "golden sentiment accuracy 0.800 -> 0.800 (300 labels)" in result.stdout
    assert "passed  overall accuracy went from 0.800 to 0.800 (+0.000 at worst, -0.030 allowed)" in result.stdout
    assert "passed  slices that are not clearly worse: 1" in result.stdout


def test_enough_fresh_labels_queue_a_run_and_two_beats_make_one_row(database: Engine) -> None:
    given = Settings(retrain_labels=5)
    add_labels(database, 4)
    assert consider(database, given) is None
    add_labels(database, 5)
    found: list[int | None] = []
    beats = [threading.Thread(target=lambda: found.append(consider(database, given))) for _ in range(4)]
    for beat in beats:
        beat.start()
    for beat in beats:
        beat.join()
    assert sum(run_id is not None for run_id in found) == 1
    with transaction(database) as connection:
        assert [row["trigger"] for row in runs.newest(connection, 10)] == ["labels"]


def test_a_batch_whose_run_failed_waits_for_the_schedule(database: Engine) -> None:
    given = Settings(retrain_labels=5, retrain_every_h=24)
    add_labels(database, 5)
    run_id = consider(database, given)
    assert run_id is not None
    with transaction(database) as connection:
        claimed = claims.take(connection, run_id, NOW)
        assert claimed
        claims.fail(connection, claimed, "no", NOW)
    assert consider(database, given, NOW + timedelta(minutes=1)) is None


def test_the_schedule_needs_its_time_and_one_fresh_label(database: Engine) -> None:
    given, day = Settings(retrain_labels=100, retrain_every_h=24), timedelta(hours=24)
    assert consider(database, given, NOW + day) is None
    add_labels(database, 1)
    assert consider(database, given, NOW + day / 2) is None
    assert consider(database, given, NOW + day) is not None


def test_cleaning_drops_what_is_past_its_time_and_nothing_else(database: Engine) -> None:
    old, kept = NOW - timedelta(days=100), NOW - timedelta(days=5)
    with transaction(database) as connection:
        retention.clean(connection, old, 90)
        for stream, stored_on, published_at in (
            ("live", old, old),
            ("live", kept, kept),
            ("replay", kept, NOW - timedelta(days=9000)),
        ):
            _article(connection, stream, stored_on, published_at)
        models.report_server(connection, "gone", "a", "", kept)
        told = [_told(connection, at) for at in (old, kept)]
        dropped = retention.clean(connection, NOW, 90)
        left = connection.execute(text("SELECT stream, minute FROM trends ORDER BY stream, minute")).all()
        rolled = connection.execute(text("SELECT stream FROM trend_rollups ORDER BY stream")).scalars().all()
        ids = connection.execute(text("SELECT count(*) FROM article_keys")).scalar()
        assert models.servers(connection) == []
        assert connection.execute(text("SELECT id FROM outbox")).scalars().all() == told[1:]
    assert f"articles_{old:%Y%m%d}" in dropped
    assert [row.stream for row in left] == ["live", "replay"]
    assert rolled == ["live", "replay"]
    assert ids == 2


def _told(connection: Any, at: datetime) -> UUID:
    """A notification that was delivered then; of no alert, as none is looked at here."""
    id = uuid4()
    outbox.add(connection, id, 1, "kafka", {}, at)
    outbox.delivered(connection, id, at)
    return id


def _article(connection: Any, stream: str, stored_on: Any, published_at: Any) -> None:
    values = {"s": stream, "d": stored_on.date(), "p": published_at, "i": f"{published_at:%s}"}
    connection.execute(text("INSERT INTO article_keys VALUES (:s, :i, 'hash', :d)"), values)
    row = (
        ":d, :s, :i, :p, :p, :p, false, false, '', 't', '', '', '', '{}', gen_random_uuid(), 'v', 'neutral', 0, 1, 0, 0"
    )
    connection.execute(text(f"INSERT INTO articles VALUES ({row}, 'Macro', 1, :i)"), values)  # noqa: S608 - texts of ours
    trend = ":s, 'all', 'all', date_trunc('minute', CAST(:p AS timestamptz)), 1, 0, 1, 0, 0, 0, 0, 1, 0"
    connection.execute(text(f"INSERT INTO trends VALUES ({trend})"), values)  # noqa: S608 - texts of ours
    day = ":s, 'all', 1440, 'all', date_trunc('day', CAST(:p AS timestamptz), 'UTC'), 1, 0, 1, 0, 0, 0, 0, 1, 0"
    connection.execute(text(f"INSERT INTO trend_rollups VALUES ({day}, B'0'::bit(512))"), values)  # noqa: S608 - ours


def test_a_run_is_cancelled_by_its_number_and_only_once(database: Engine) -> None:
    run_id = queued(database)
    assert facts(retrain("--cancel", str(run_id), "--json"))["state"] == "cancelled"
    again = retrain("--cancel", str(run_id))
    assert isinstance(again.exception, UserError)
    assert str(again.exception) == f"run {run_id} has ended already: cancelled"
    assert str(retrain("--cancel", "4711").exception) == "no run 4711"
