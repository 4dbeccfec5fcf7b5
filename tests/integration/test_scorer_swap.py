"""A swap while items stream: nothing lost, doubled or mixed; what cannot be loaded changes nothing."""

import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import small_artifact
from lexicon import LexiconEngine
from pydantic import SecretStr
from scorer_rig import NOW, Rig, drain, item

from bearometer_scorer import memory
from bearometer_scorer.serving import Serving
from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Base, Manifest
from bearometer_shared.inference.engine import Engine
from bearometer_shared.settings import Settings
from bearometer_shared.storage import models
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import connect, transaction


@dataclass
class Loader:
    """Loads a lexicon under the champion's name, or raises what it was told to for that version."""

    wrong: dict[str, Exception] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    made: list[weakref.ref[LexiconEngine]] = field(default_factory=list)

    def __call__(self, champion: Champion) -> Any:
        self.loads.append(champion.version)
        if champion.version in self.wrong:
            raise self.wrong[champion.version]
        engine = LexiconEngine(champion.version)
        self.made.append(weakref.ref(engine))
        return engine


@pytest.fixture
def rig(postgres_url: str) -> Iterator[Rig]:
    settings = Settings(database_url=SecretStr(postgres_url), batch_items=10)
    database = connect(settings)
    yield Rig(settings, database)
    database.dispose()


def promote(rig: Rig, version: str) -> None:
    fields: dict[str, Any] = {"version": version, "base": Base(name="b", sha256=""), "created_at": NOW}
    with transaction(rig.database) as connection:
        models.register(connection, Manifest.model_validate(fields | {"sentiments": [], "topics": []}), version)
        models.promote(connection, version, actor="test", reason="swap", at=NOW)


def servers(rig: Rig) -> list[tuple[str, str]]:
    with transaction(rig.database) as connection:
        return [(row["version"], row["error"]) for row in models.servers(connection)]


def test_swaps_under_load_lose_double_and_mix_nothing_and_leave_no_old_model_behind(rig: Rig) -> None:
    loader = Loader()
    serving = Serving(rig.database, loader, rig.clock)
    rig.serving = serving  # type: ignore[assignment]  # the real one
    promote(rig, "v0")
    serving.look()
    rig.publish(*(item(n) for n in range(400)))
    scorer, done = rig.scorer(), threading.Event()

    def swap() -> None:
        for n in range(1, 6):
            promote(rig, f"v{n}")
            serving.look()
            done.wait(0.2)
        done.set()

    swapping = threading.Thread(target=swap)
    swapping.start()
    published = 400
    while not done.is_set():
        scorer.step(0)
        rig.publish(*(item(n) for n in range(published, published + 10)))
        published += 10
    swapping.join()
    drain(scorer, published // 10 + 2)
    serving.look()
    ids = [row.id for row in rig.rows("SELECT id FROM articles")]
    assert len(ids) == len(set(ids)) == published
    assert sorted(rig.scored_ids()) == sorted(ids), "each announced once"
    assert rig.rows("SELECT batch FROM articles GROUP BY batch HAVING count(DISTINCT model_version) > 1") == []
    assert len(rig.rows("SELECT DISTINCT model_version FROM articles")) > 2, "models did change under way"
    assert servers(rig) == [("v5", "")]
    gc.collect()
    assert [made() is not None for made in loader.made] == [False] * 5 + [True]


@pytest.mark.parametrize("wrong", [ArtifactError("a flipped byte"), RuntimeError("a runtime's own words"), OSError()])
def test_what_cannot_be_loaded_changes_nothing_and_the_reason_is_told(rig: Rig, wrong: Exception) -> None:
    loader = Loader({"bad": wrong})
    serving = Serving(rig.database, loader, rig.clock)
    promote(rig, "good")
    serving.look()
    assert serving.current().version == "good"
    promote(rig, "bad")
    serving.look()
    assert serving.current().version == "good"
    assert servers(rig) == [("good", str(wrong) or type(wrong).__name__)]
    promote(rig, "better")
    serving.look()
    assert serving.current().version == "better"
    serving.look()
    assert servers(rig) == [("better", "")]


def test_the_old_model_serves_until_the_new_one_has_told_history(rig: Rig) -> None:
    said: list[str] = []
    serving = Serving(rig.database, Loader(), rig.clock, lambda engine: said.append(f"{engine.version} tells"))
    promote(rig, "old")
    serving.look()
    serving.current()
    assert said == [], "the first model replaces none"
    promote(rig, "new")
    serving.rebase = lambda engine: said.append(f"{serving.current().version} serves")
    serving.look()
    assert said == ["old serves"] and serving.current().version == "new"


def test_who_serves_is_told_as_soon_as_the_loop_has_switched(rig: Rig) -> None:
    serving = Serving(rig.database, Loader(), rig.clock, patience_s=30)
    promote(rig, "old")
    serving.look()
    serving.current()
    promote(rig, "new")
    looking = threading.Thread(target=serving.look)
    looking.start()
    while serving.current().version == "old":
        pass
    looking.join()
    assert servers(rig) == [("new", "")]


def test_memory_is_given_back_once_the_old_model_has_gone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    serving = Serving(rig.database, Loader(), rig.clock)
    monkeypatch.setattr(memory, "give_back", lambda: given.append(serving.current().version))
    for version in ("old", "new"):
        promote(rig, version)
        serving.look()
        assert given == [], "it still serves"
        serving.current()
    serving.look()
    serving.look()
    assert given == ["new"]


def test_a_model_with_anothers_answers_is_refused_before_it_serves(tmp_path: Path) -> None:
    folder = small_artifact.copy(tmp_path / "other")
    manifest = artifact.read_manifest(folder)
    assert manifest.golden, "export writes golden answers"
    turned = [one.model_copy(update={"signed": -one.signed or 900_000}) for one in manifest.golden]
    (folder / artifact.MANIFEST).unlink()
    artifact.seal(folder, manifest.model_copy(update={"golden": turned}))
    with pytest.raises(ArtifactError, match="as another model would"):
        Engine.load(folder, threads=1).check()
    small = Engine.load(small_artifact.folder(), threads=1)
    small.check()
