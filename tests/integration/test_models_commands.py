"""`bearometer models` over a real Postgres and a real store: lineage, comparison, what may be removed, in and out."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import small_artifact
from learning_desk import NOW, Teacher, add_labels, desk, queued, seal
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from bearometer_retrainer import commands, pruning, tasks
from bearometer_retrainer.run import run
from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import settings
from bearometer_shared.storage import claims, models
from bearometer_shared.storage.session import connect, transaction


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


def call(*arguments: str) -> Result:
    return CliRunner().invoke(commands.models, list(arguments))


def facts(*arguments: str) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


@dataclass
class Registry:
    """Makes versions, hours apart, in the store and in the registry."""

    database: Engine
    home: Path
    made: int = 0

    def make(self, version: str, parent: str | None = None) -> str:
        self.made += 1
        manifest = seal(self.home / f"made-{version}", version, parent)
        manifest = artifact.seal(
            self.home / f"made-{version}",
            manifest.model_copy(update={"created_at": NOW + timedelta(hours=self.made)}),
        )
        location = Store(settings()).put(self.home / f"made-{version}", version)
        with transaction(self.database) as connection:
            models.register(connection, manifest, location)
        return version

    def promote(self, version: str) -> None:
        with transaction(self.database) as connection:
            models.promote(connection, version, actor="ana", reason="better", at=NOW)

    def stored(self) -> set[str]:
        return {path.name for path in Path(settings().artifact_store).iterdir()}


@pytest.fixture
def registry(database: Engine, tmp_path: Path) -> Registry:
    return Registry(database, tmp_path)


def chain(registry: Registry, *versions: str) -> None:
    """Each trained further from the one before."""
    for parent, version in zip((None, *versions), versions, strict=False):
        registry.make(version, parent)


def test_show_tells_lineage_settings_the_gates_word_and_who_promoted(database: Engine, tmp_path: Path) -> None:
    add_labels(database, 100)
    run(desk(database, tmp_path / "home", Teacher()), queued(database))
    shown = facts("show", "candidate")
    assert shown["lineage"] == ["candidate", "shipped"]
    assert shown["decision"].startswith("promoted: 30 of 40")
    text = call("show", "candidate").stdout
    assert "candidate <- shipped" in text
    assert "by retrainer: run" in text
    assert "decided        promoted: 30 of 40" in text
    assert "code           unknown" in text


def test_a_diff_of_a_real_model_and_its_twin(registry: Registry, tmp_path: Path) -> None:
    """The twin serves by the other graph: a few scores differ, the labels hardly, and how they were made is told."""
    real = small_artifact.folder()
    manifest = artifact.read_manifest(real)
    twin = small_artifact.copy(tmp_path / "twin")
    other = artifact.FP32 if manifest.serve == artifact.INT8 else artifact.INT8
    changes = {"version": "twin", "parent": manifest.version, "serve": other, "data_snapshot": "other"}
    small_artifact.rewrite(twin / artifact.MANIFEST, manifest.model_copy(update=changes).model_dump_json().encode())
    for folder in (real, twin):
        found = artifact.read_manifest(folder)
        with transaction(registry.database) as connection:
            models.register(connection, found, Store(settings()).put(folder, found.version))
    file = tmp_path / "rows.jsonl"
    rows = [{"text": row.text, "sentiment": row.sentiment} for row in small_artifact.UNSEEN] + [{"text": "no label"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = facts("diff", manifest.version, "twin", "--data", str(file))
    assert told["made"]["serve"] == [manifest.serve, other]
    assert told["made"]["data_snapshot"] == [manifest.data_snapshot, "other"]
    assert "recipe" not in told["made"]
    assert told["answers"] == 5
    sentiment = next(part for part in told["differences"] if part["slice"] == "sentiment")
    assert (sentiment["n"], sentiment["before"]) == (3, 1.0)
    text = call("diff", manifest.version, "twin", "--data", str(file)).stdout
    assert f"made with another serve: {manifest.serve}, then {other}" in text
    assert "of 5 answers changed" in text


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("diff", "none", "nobody"), "no model version none"),
        (("diff", "none", "nobody", "--data", "absent.jsonl"), "absent.jsonl: No such file"),
        (("export", "out", "--version", "none"), "no model version none"),
        (("export", "."), "not an empty folder"),
        (("export", "out"), "no model version serves yet"),
    ],
)
def test_a_mistake_is_one_clear_line(database: Engine, arguments: tuple[str, ...], reason: str) -> None:
    result = call(*arguments)
    assert isinstance(result.exception, UserError)
    assert reason in str(result.exception)


def test_nothing_that_serves_or_may_or_is_their_parent_is_removed(registry: Registry) -> None:
    chain(registry, "a", "b", "c", "d", "e", "f", "g", "h")
    for version in ("b", "d", "f"):
        registry.promote(version)
    with transaction(registry.database) as connection:
        models.report_server(connection, "scorer-1", "b", "", NOW)
    # The champion and its parent, who served before and its parent, who is served still and its parent, the newest.
    kept = {*"fe", *"dc", *"ba", "h"}
    assert facts("prune", "--keep", "1", "--dry-run")["removed"] == ["g"]
    assert registry.stored() == kept | {"g"}
    assert facts("prune", "--keep", "1")["removed"] == ["g"]
    assert registry.stored() == kept
    assert facts("prune", "--keep", "1")["removed"] == []


def test_what_was_removed_stays_on_record_and_is_never_promoted(registry: Registry) -> None:
    chain(registry, "a", "b", "c", "d")
    registry.promote("d")
    assert facts("prune", "--keep", "1")["removed"] == ["a", "b"]
    assert call("show", "a").stdout.count("removed") == 1
    assert "removed" in call("list").stdout
    for call_it in (lambda: registry.promote("a"), lambda: models_diff("a", "d")):
        with pytest.raises(UserError, match="its files were removed on"):
            call_it()
    with transaction(registry.database) as connection:
        champion = models.champion(connection)
    assert champion and champion.version == "d"


def models_diff(*versions: str) -> None:
    result = call("diff", *versions)
    assert result.exception
    raise result.exception


def test_nothing_is_removed_while_a_run_may_read_it(registry: Registry) -> None:
    chain(registry, "a", "b", "c", "d")
    registry.promote("d")
    run_id = queued(registry.database)
    assert facts("prune", "--keep", "1")["removed"] == []
    with transaction(registry.database) as connection:
        claimed = claims.take(connection, run_id, NOW)
        assert claimed
        claims.fail(connection, claimed, "no", NOW)
    assert facts("prune", "--keep", "1")["removed"] == ["a", "b"]


def test_a_pruning_that_broke_off_is_finished_the_next_time(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(registry, "a", "b", "c", "d")
    registry.promote("d")
    store = Store(settings())

    def fail(location: str) -> bool:
        raise ArtifactError(f"{location}: cannot be removed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", fail)
        with pytest.raises(ArtifactError):
            pruning.prune(registry.database, store, 1, NOW)
    assert "a" in registry.stored()
    pruning.prune(registry.database, store, 1, NOW)
    assert registry.stored() == {"c", "d"}


def test_the_daily_clean_up_removes_them_too(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAROMETER_KEEP_MODELS", "1")
    settings.cache_clear()
    chain(registry, "a", "b", "c", "d")
    registry.promote("d")
    monkeypatch.setattr(tasks, "_database", lambda: registry.database)
    tasks.clean()
    assert registry.stored() == {"c", "d"}


def test_an_exported_model_comes_back_after_it_was_removed(registry: Registry, tmp_path: Path) -> None:
    real = artifact.read_manifest(small_artifact.folder())
    with transaction(registry.database) as connection:
        location = Store(settings()).put(small_artifact.folder(), real.version)
        models.register(connection, real.model_copy(update={"created_at": NOW}), location)
        models.promote(connection, real.version, actor="test", reason="first", at=NOW)
    out = tmp_path / "out"
    assert facts("export", str(out)) == {"version": real.version, "out": str(out), "notes": []}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md", "manifest.json"} <= {
        path.name for path in out.iterdir()
    }
    assert facts("import", str(out)) == {"version": real.version, "known": True}
    chain(registry, "a", "b", "c")
    registry.promote("b")
    registry.promote("c")
    assert facts("prune", "--keep", "1")["removed"] == [real.version]
    assert facts("import", str(out))["known"]
    registry.promote(real.version)
    assert artifact.verify(Store(settings()).fetch(location)) == real


def test_a_tampered_folder_is_refused_in_one_line_and_nothing_is_registered(registry: Registry, tmp_path: Path) -> None:
    folder = shutil.copytree(small_artifact.folder(), tmp_path / "tampered")
    (folder / artifact.TOKENIZER).write_text("{}")
    result = call("import", str(folder))
    assert isinstance(result.exception, ArtifactError)
    assert "SHA-256" in str(result.exception) and "\n" not in str(result.exception)
    with transaction(registry.database) as connection:
        assert models.listing(connection) == []
