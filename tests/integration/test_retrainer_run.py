"""A run from its row to a decision, over a real Postgres: one promotion, whoever comes twice, late or dies."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from learning_desk import NOW, Teacher, add_labels, desk, judged, queued
from pydantic import SecretStr
from sqlalchemy import Engine, text

from bearometer_retrainer import lesson
from bearometer_retrainer.attempt import scratch
from bearometer_retrainer.run import run
from bearometer_shared.errors import ArtifactError, FencedError
from bearometer_shared.settings import Settings
from bearometer_shared.storage import claims, held_out, labels, models, runs
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.runs import Overruling
from bearometer_shared.storage.session import connect, transaction


@pytest.fixture
def database(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


def row_of(database: Engine, run_id: int) -> dict[str, Any]:
    with transaction(database) as connection:
        row = runs.get(connection, run_id)
    assert row is not None
    return row


def read(database: Engine, query: Callable[[Any], Any]) -> Any:
    with transaction(database) as connection:
        return query(connection)


def promotions(database: Engine) -> int:
    """How often a run promoted."""
    return int(read(database, lambda c: c.execute(text("SELECT count(*) FROM promotions WHERE run_id > 0")).scalar()))


def lose_lock(database: Engine) -> None:
    """What a worker's death does: its connection goes, and the lock with it.

    A backend told to go does so in its own time: waits for it, at most 30 s.
    """
    others = "FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    query = f"SELECT pg_terminate_backend(pid, 30000) {others}"
    read(database, lambda c: c.execute(text(query)).all())


def test_a_better_candidate_is_promoted_with_its_lineage(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database)
    run(desk(database, tmp_path, Teacher()), run_id)
    row = row_of(database, run_id)
    assert (row["state"], row["model_version"], row["error"]) == ("done", "candidate", None)
    assert row["decision"].startswith("promoted: 30 of 40")
    assert row["figures"]["promoted"] is True
    assert row["figures"]["candidate"]["fresh"]["sentiment"]["accuracy"] == 0.75
    assert read(database, models.champion).version == "candidate"
    assert read(database, models.previous) == "shipped"
    model = read(database, lambda c: models.get(c, "candidate"))
    assert (model["parent"], model["run_id"]) == ("shipped", run_id)
    assert read(database, labels.stats)["fresh"] == 0


def test_a_worse_candidate_is_kept_on_record_and_the_champion_serves_on(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database)
    run(desk(database, tmp_path, Teacher(after=judged(0.7, 40))), run_id)
    row = row_of(database, run_id)
    assert row["state"] == "done"
    assert "golden sentiment accuracy fell from 0.800 to 0.700" in row["decision"]
    assert read(database, models.champion).version == "shipped"
    assert read(database, lambda c: models.get(c, "candidate")) is not None
    assert read(database, labels.stats)["fresh"] == 0


def test_a_force_with_its_reason_overrules_and_is_recorded(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database, force="we must see it serve")
    run(desk(database, tmp_path, Teacher(after=judged(0.7, 0))), run_id)
    assert read(database, models.champion).version == "candidate"
    assert "forced: we must see it serve" in row_of(database, run_id)["decision"]
    assert "we must see it serve" in read(database, lambda c: models.get(c, "candidate"))["promotions"][0]["reason"]


def test_a_force_that_comes_while_it_runs_still_counts(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database)
    word = Overruling(True, "late thought")
    force = lambda: read(database, lambda c: runs.overrule(c, run_id, word))  # noqa: E731 - one line, used once
    run(desk(database, tmp_path, Teacher(after=judged(0.7, 0), meanwhile=force)), run_id)
    assert read(database, models.champion).version == "candidate"


def test_a_person_may_keep_the_champion_beforehand(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database, keep="an audit runs")
    run(desk(database, tmp_path, Teacher()), run_id)
    assert read(database, models.champion).version == "shipped"
    assert row_of(database, run_id)["decision"].startswith("kept, forced: an audit runs (the gate: promoted: 30 of 40")
    assert read(database, lambda c: models.get(c, "candidate")) is not None  # to be promoted when the audit is over


def test_the_last_word_beforehand_counts(database: Engine) -> None:
    run_id = queued(database, force="must see it")
    claimed = read(database, lambda c: claims.take(c, run_id, NOW))
    assert read(database, lambda c: claims.overruled(c, claimed)) == Overruling(True, "must see it")
    assert read(database, lambda c: runs.overrule(c, run_id, Overruling(False, "rather not")))
    assert read(database, lambda c: claims.overruled(c, claimed)) == Overruling(False, "rather not")
    read(database, lambda c: claims.fail(c, claimed, "no", NOW))
    assert not read(database, lambda c: runs.overrule(c, run_id, Overruling(True, "too late")))


def test_each_check_is_stored_with_its_figure_and_limit(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database)
    run(desk(database, tmp_path, Teacher(after=judged(0.7, 40))), run_id)
    checks = {check["name"]: check for check in row_of(database, run_id)["figures"]["checks"]}
    assert set(checks["overall accuracy"]) == {"name", "figure", "limit", "passed", "detail"}
    assert not checks["overall accuracy"]["passed"]
    assert checks["better on the new"]["passed"]


def test_many_small_steps_down_end_at_the_best_champion(database: Engine, tmp_path: Path) -> None:
    """The gate remembers what golden accuracy a champion once had, whoever was promoted since."""
    at = desk(database, tmp_path, teacher := Teacher(before=judged(0.85, 20), after=judged(0.84, 30)))
    add_labels(database, 100, "one")
    run(at, queued(database))
    teacher.before, teacher.after, teacher.version = judged(0.82, 20), judged(0.81, 30), "next"
    add_labels(database, 100, "two")
    run_id = queued(database)
    run(at, run_id)
    assert "golden accuracy is 0.810, and the best champion's was 0.850" in row_of(database, run_id)["decision"]
    assert read(database, models.champion).version == "candidate"


def test_what_is_taught_is_named_and_counted(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100, "early")
    at = desk(database, tmp_path, teacher := Teacher())
    run(at, queued(database))
    add_labels(database, 100, "late")
    run(at, run_id := queued(database))
    row, lesson = row_of(database, run_id), teacher.lessons[1]
    assert row["data_snapshot"] == lesson.snapshot
    counted = row["figures"]["data"]
    assert counted["snapshot"] == lesson.snapshot
    assert (counted["fresh"], counted["earlier"] + counted["seed"]) == (len(lesson.fresh), len(lesson.replayed))
    assert counted["earlier"] == sum(row.text.startswith("early") for row in lesson.replayed) > 0


def test_a_cancelled_run_stops_at_its_next_word_and_its_labels_stay_fresh(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id = queued(database)
    cancel = lambda: read(database, lambda c: runs.cancel(c, run_id, NOW))  # noqa: E731 - one line, used once
    at = desk(database, tmp_path, Teacher(meanwhile=cancel))
    run(at, run_id)
    row = row_of(database, run_id)
    assert (row["state"], row["error"], row["model_version"]) == ("cancelled", None, None)
    assert read(database, labels.stats)["fresh"] == 100
    assert read(database, models.champion).version == "shipped"
    assert not list(at.folder.iterdir()), "its scratch is gone"
    assert not read(database, lambda c: runs.cancel(c, run_id, NOW)), "what has ended is not cancelled again"
    assert queued(database), "another may begin"


def test_a_cancelled_run_in_the_queue_is_not_taken(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id, teacher = queued(database), Teacher()
    assert read(database, lambda c: runs.cancel(c, run_id, NOW))
    run(desk(database, tmp_path, teacher), run_id)
    assert not teacher.lessons


def test_scratch_outlives_a_broken_attempt_only_for_the_same_data(tmp_path: Path) -> None:
    """A fenced attempt may have an heir who works in the folder; other data or another champion begin anew."""
    with pytest.raises(FencedError), scratch(tmp_path / "run-1", "same") as folder:
        (folder / "checkpoint").touch()
        raise FencedError
    with pytest.raises(FencedError), scratch(tmp_path / "run-1", "same") as folder:
        assert (folder / "checkpoint").exists()
        raise FencedError
    with scratch(tmp_path / "run-1", "other") as folder:
        assert [path.name for path in folder.parent.iterdir()] == ["other"]
    assert not (tmp_path / "run-1").exists()


def test_a_worker_that_was_told_to_stop_uses_up_no_attempt(database: Engine) -> None:
    run_id = queued(database)
    for _ in range(claims.MAX_ATTEMPTS + 1):
        assert read(database, lambda c: claims.take(c, run_id, NOW))
        assert read(database, lambda c: claims.give_back(c, run_id))
        read(database, lambda c: claims.requeue_dead(c, NOW))
    assert (row_of(database, run_id)["state"], row_of(database, run_id)["attempts"]) == ("queued", 0)


def test_too_few_labels_stay_fresh_and_nothing_is_trained(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 10)
    run_id, teacher = queued(database), Teacher()
    run(desk(database, tmp_path, teacher), run_id)
    assert "too few to judge by" in row_of(database, run_id)["decision"]
    assert not teacher.lessons
    assert read(database, labels.stats)["fresh"] == 10


def test_training_never_sees_held_out_or_golden_texts(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    teacher = Teacher()
    run(desk(database, tmp_path, teacher), queued(database))
    (lesson,) = teacher.lessons
    taught, held_out = {row.text for row in lesson.taught}, {row.text for row in lesson.held_out}
    assert not taught & held_out
    assert len([text for text in taught if text.startswith("text number")]) + len(held_out) == 100
    assert len(lesson.taught) > 300  # the replay of what was known before


def test_labels_of_earlier_runs_are_replayed(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100, "early")
    teacher = Teacher()
    at = desk(database, tmp_path, teacher)
    run(at, queued(database))
    add_labels(database, 100, "late")
    run(at, queued(database))
    assert any(row.text.startswith("early") for row in teacher.lessons[1].taught)
    assert all(row.text.startswith("late") for row in teacher.lessons[1].held_out)


def test_what_judged_once_judges_later_runs_and_never_teaches(database: Engine, tmp_path: Path) -> None:
    """Not when it is replayed, not when it is labelled anew; then its newest label judges, and only once."""
    add_labels(database, 100, "early")
    at = desk(database, tmp_path, teacher := Teacher())
    first = queued(database)
    run(at, first)
    judging = {row.text for row in teacher.lessons[0].held_out}
    again = sorted(judging)[0]
    with transaction(database) as connection:
        labels.add(connection, [NewLabel(again, "positive", None, "ana")], NOW)
    add_labels(database, 100, "late")
    run(at, queued(database))
    second = teacher.lessons[1]
    assert not judging & {row.text for row in second.taught}
    assert {row.text for row in second.periods[first]} == judging - {again}
    assert [row.sentiment for row in second.held_out if row.text == again] == ["positive"]


def test_the_past_judges_as_it_was_and_in_bounded_numbers(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "PERIOD_ROWS", 12)
    at = desk(database, tmp_path, teacher := Teacher())
    for word in ("one", "two", "three"):
        add_labels(database, 100, word)
        run(at, queued(database))
    periods = teacher.lessons[2].periods
    assert {run_id: len(rows) for run_id, rows in periods.items()} == dict.fromkeys(periods, 6)
    assert [row.text.split()[0] for rows in periods.values() for row in rows] == ["two"] * 6 + ["one"] * 6


def test_a_run_that_judged_nothing_freezes_nothing(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 10)
    run(desk(database, tmp_path, Teacher()), queued(database))
    assert read(database, held_out.periods) == {}


def test_a_redelivered_task_promotes_once(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id, teacher = queued(database), Teacher()
    at = desk(database, tmp_path, teacher)
    run(at, run_id)
    run(at, run_id)
    assert promotions(database) == 1
    assert len(teacher.lessons) == 1


def test_a_task_delivered_to_two_workers_at_once_runs_in_one(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id, teacher = queued(database), Teacher()
    other = Teacher(version="other")
    teacher.meanwhile = lambda: run(desk(database, tmp_path / "other", other), run_id)
    run(desk(database, tmp_path, teacher), run_id)
    assert promotions(database) == 1
    assert not other.lessons


def test_two_workers_that_start_together_promote_once(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id, teachers = queued(database), [Teacher(version="one"), Teacher(version="two")]
    desks = [desk(database, tmp_path / teacher.version, teacher) for teacher in teachers]
    threads = [threading.Thread(target=run, args=(at, run_id)) for at in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert promotions(database) == 1
    assert sum(len(teacher.lessons) for teacher in teachers) == 1


def test_a_worker_that_lost_its_lock_is_fenced_off(database: Engine, tmp_path: Path) -> None:
    """It wakes up after another worker took the run over: its own candidate never serves."""
    add_labels(database, 100)
    run_id = queued(database)
    late, heir = Teacher(version="late"), Teacher(version="heir")

    def overtaken() -> None:
        lose_lock(database)
        assert read(database, lambda c: claims.requeue_dead(c, NOW)) == [run_id]
        run(desk(database, tmp_path / "heir", heir), run_id)

    late.meanwhile = overtaken
    run(desk(database, tmp_path, late), run_id)
    assert promotions(database) == 1
    assert read(database, models.champion).version == "heir"
    assert row_of(database, run_id)["model_version"] == "heir"
    assert read(database, lambda c: models.get(c, "late")) is None


def test_a_living_workers_run_is_not_queued_again(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run_id, found = queued(database), list[list[int]]()
    look = lambda: found.append(read(database, lambda c: claims.requeue_dead(c, NOW)))  # noqa: E731 - one line, used once
    run(desk(database, tmp_path, Teacher(meanwhile=look)), run_id)
    assert found == [[]]


def test_a_run_that_kills_its_worker_three_times_is_given_up(database: Engine) -> None:
    run_id = queued(database)
    for _ in range(claims.MAX_ATTEMPTS):
        assert row_of(database, run_id)["state"] == "queued"
        read(database, lambda c: claims.take(c, run_id, NOW))
        read(database, lambda c: claims.requeue_dead(c, NOW))
    assert row_of(database, run_id)["state"] == "failed"
    assert row_of(database, run_id)["error"] == "the worker died 3 times"
    assert read(database, lambda c: claims.take(c, run_id, NOW)) is None


def test_a_failure_is_one_line_and_the_labels_stay_fresh(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)

    def fail() -> None:
        raise ArtifactError("holds weights that are not finite numbers")

    run_id = queued(database)
    run(desk(database, tmp_path, Teacher(meanwhile=fail)), run_id)
    row = row_of(database, run_id)
    assert row["state"] == "failed"
    assert row["error"] == "ArtifactError: holds weights that are not finite numbers"
    assert read(database, labels.stats)["fresh"] == 100
    assert read(database, models.champion).version == "shipped"


def test_a_bug_is_stored_and_loud(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)

    def stumble() -> None:
        raise ZeroDivisionError("a bug")

    run_id = queued(database)
    with pytest.raises(ZeroDivisionError):
        run(desk(database, tmp_path, Teacher(meanwhile=stumble)), run_id)
    assert row_of(database, run_id)["error"] == "ZeroDivisionError: a bug"


def test_a_champion_that_changed_meanwhile_is_not_overwritten(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    teacher = Teacher()
    at = desk(database, tmp_path, teacher)
    run_id = queued(database)

    def promote_by_hand() -> None:
        with transaction(database) as connection:
            manifest = at.store.fetch("shipped")
            registered = models.get(connection, "shipped")
            assert registered and manifest
            connection.execute(
                text("INSERT INTO models SELECT 'by-hand', parent, location, manifest, run_id, created_at FROM models")
            )
            models.promote(connection, "by-hand", actor="ana", reason="knows better", at=NOW)

    teacher.meanwhile = promote_by_hand
    run(at, run_id)
    assert read(database, models.champion).version == "by-hand"
    assert "by-hand became champion meanwhile" in row_of(database, run_id)["decision"]
    assert read(database, labels.stats)["fresh"] == 100


def test_progress_of_a_lost_run_raises(database: Engine) -> None:
    run_id = queued(database)
    first = read(database, lambda c: claims.take(c, run_id, NOW))
    second = read(database, lambda c: claims.take(c, run_id, NOW))
    read(database, lambda c: claims.progress(c, second, {"stage": "training"}))
    with pytest.raises(FencedError):
        read(database, lambda c: claims.progress(c, first, {"stage": "late"}))
    assert row_of(database, run_id)["progress"] == {"stage": "training"}


def test_one_run_at_a_time_and_one_a_period(database: Engine) -> None:
    first = queued(database, period="a")
    assert read(database, lambda c: runs.queue(c, trigger="test", period="b", at=NOW)) is None
    claimed = read(database, lambda c: claims.take(c, first, NOW))
    read(database, lambda c: claims.fail(c, claimed, "no", NOW))
    assert read(database, lambda c: runs.queue(c, trigger="test", period="a", at=NOW)) is None
    assert read(database, lambda c: runs.queue(c, trigger="test", period="b", at=NOW)) is not None


def test_a_worker_is_told_once_and_again_after_a_minute(database: Engine) -> None:
    run_id = queued(database)
    assert read(database, lambda c: runs.take_unsent(c, NOW)) == [run_id]
    assert read(database, lambda c: runs.take_unsent(c, NOW)) == []
    assert read(database, lambda c: runs.take_unsent(c, NOW + runs.RESEND_AFTER * 2)) == [run_id]
