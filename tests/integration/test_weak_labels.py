"""What rules say, over real Postgres: kept apart from what people say, and taught until somebody speaks."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from learning_desk import NOW, Teacher, add_labels, desk, queued
from sqlalchemy import Connection, Engine
from stored_rows import NOON, row, store
from typer.testing import CliRunner

from bearometer_retrainer.commands import labels as command
from bearometer_retrainer.lesson import Recipe, gather
from bearometer_retrainer.run import run
from bearometer_shared.errors import UserError
from bearometer_shared.inference import artifact
from bearometer_shared.settings import settings
from bearometer_shared.storage import label_words, labels, runs, weak_labels
from bearometer_shared.storage.labels import Labelled
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.storage.weak_labels import NewWeakLabel
from bearometer_training.data import Row


@pytest.fixture
def database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database that commands find, too, with stories that the lexicon speaks of and a copy."""
    monkeypatch.setenv("BEAROMETER_DATABASE_URL", postgres_url)
    settings.cache_clear()
    engine = connect(settings())
    items = [row(f"n{n}", NOON - timedelta(hours=n), title=f"Bank {n} plunges") for n in range(20)]
    calm = row("calm", title="A bank opens")
    store(engine, [*items, calm, row("copy", story="n1", title="Bank 1 plunges, they say")])
    yield engine
    engine.dispose()
    settings.cache_clear()


def call(*arguments: str) -> Any:
    result = CliRunner().invoke(command, [*arguments, "--json"])
    if result.exception:
        raise result.exception
    return json.loads(result.stdout)


def said(connection: Connection, rule: str, text: str, **words: str) -> None:
    label = NewWeakLabel(text, words.get("sentiment"), words.get("topic"))
    weak_labels.replace(connection, rule, [text], [label], NOW)


def test_a_rule_labels_stories_and_is_no_annotator(database: Engine) -> None:
    """It begins no run, has no part in disputes and agreement, and nothing of it is fresh."""
    with transaction(database) as connection:
        new = [NewLabel(f"Bank {n} plunges", word, None, "ana") for n, word in enumerate(("negative", "positive"))]
        labels.add(connection, new, NOW)
    assert call("weak", "--rule", "lexicon") == {"rule": "lexicon", "read": 21, "said": 20, "checked": 2, "same": 1}
    found = call("stats")
    assert (found["total"], found["fresh"], found["disputed"], found["by_kind"]["weak"]) == (2, 2, 0, 20)
    with transaction(database) as connection:
        assert labels.waiting(connection).count == 2  # type: ignore[union-attr]  # there is one
        assert label_words.independent(connection, "sentiment") == []
        assert len(weak_labels.agreed(connection)) == 18, "two are people's"
    assert call("weak") == {"rules": {"lexicon": 20}}
    assert call("weak", "--rule", "lexicon", "--remove")["removed"] == 20
    assert call("weak") == {"rules": {"lexicon": 0}}


def test_rules_that_differ_say_nothing_and_what_a_rule_says_anew_counts(database: Engine) -> None:
    with transaction(database) as connection:
        said(connection, "one", "A text", sentiment="negative", topic="Macro")
        said(connection, "two", "A text", sentiment="positive")
        assert weak_labels.agreed(connection) == [Labelled("A text", None, "Macro", ())]
        said(connection, "two", "A text", sentiment="negative")
        assert weak_labels.agreed(connection) == [Labelled("A text", "negative", "Macro", ())]
        labels.add(connection, [NewLabel("a TEXT", None, "Earnings", "ana")], NOW)
        assert weak_labels.agreed(connection) == [], "a person has read it"


def test_a_run_learns_from_them_with_less_weight_and_is_never_judged_by_them(database: Engine) -> None:
    call("weak", "--rule", "lexicon")
    add_labels(database, 100)
    with transaction(database) as connection:
        lesson = gather(connection, Recipe())
    assert 10 <= len(lesson.weak) < 20, "what might judge one day is left out"
    assert {(row.sentiment, row.weight) for row in lesson.weak} == {("negative", 0.25)}
    assert len(lesson.label_ids) == 100
    assert all(row.text.startswith("text") for row in lesson.held_out)
    assert set(lesson.weak) <= set(lesson.taught)


def test_under_the_setting_a_run_learns_what_champion_and_parent_agree_on(database: Engine, tmp_path: Path) -> None:
    """Of stories that nobody has labelled; without a parent there is nobody to agree with, and nothing is asked."""
    asked: list[tuple[list[str], list[str]]] = []

    def ensemble(folders: Sequence[Path], texts: Sequence[str], sure: float) -> list[Row]:
        asked.append(([artifact.read_manifest(folder).version for folder in folders], list(texts)))
        return [Row(text, "negative") for text in texts]

    at = replace(desk(database, tmp_path, teacher := Teacher()), ensemble=ensemble)
    add_labels(database, 100, "early")
    run(at, queued(database))
    assert (asked, teacher.lessons[0].weak) == ([], [])
    add_labels(database, 100, "late")
    with transaction(database) as connection:
        labels.add(connection, [NewLabel("Bank 7 plunges", "neutral", None, "ana")], NOW)
    run(at, run_id := queued(database))
    ((versions, texts),) = asked
    assert versions == ["candidate", "shipped"]
    assert sorted(texts) == sorted(["A bank opens", *(f"Bank {n} plunges" for n in range(20) if n != 7)])
    lesson = teacher.lessons[1]
    assert lesson.composition["pseudo"] == len(lesson.weak) > 10
    with transaction(database) as connection:
        row = runs.get(connection, run_id) or {}
    assert row["data_snapshot"] == lesson.snapshot
    assert row["figures"]["data"]["pseudo"] == len(lesson.weak)


def test_an_unknown_rule_is_named(database: Engine) -> None:
    with pytest.raises(UserError, match="no rule 'oracle'"):
        call("weak", "--rule", "oracle")
