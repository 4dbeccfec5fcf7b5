"""The artifact store, over a folder and over an object store: the same promises."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Base, Manifest
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import Settings

Make = Callable[..., Path]


@pytest.fixture(params=["folder", "memory"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    address = str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid4()}"
    return Settings(home=tmp_path / "home", store=address)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(weights: bytes = b"weights", version: str = "v1") -> Path:
        folder = tmp_path / f"made-{uuid4()}"
        folder.mkdir()
        (folder / artifact.DELTA).write_bytes(weights)
        (folder / artifact.TOKENIZER).write_bytes(b"{}")
        base = Base(name="base", sha256="0" * 64)
        at = datetime(2026, 3, 5, tzinfo=UTC)
        artifact.seal(folder, Manifest(version=version, base=base, created_at=at, sentiments=[], topics=[]))
        return folder

    return made


def test_what_was_put_comes_back_whole(settings: Settings, make: Make) -> None:
    location = Store(settings).put(make(), "v1")
    found = Store(settings).fetch(location)
    assert artifact.verify(found).version == "v1"
    assert (found / artifact.DELTA).read_bytes() == b"weights"


def test_putting_it_again_changes_nothing(settings: Settings, make: Make) -> None:
    store = Store(settings)
    assert store.put(make(), "v1") == store.put(make(), "v1")


def test_other_content_under_a_known_version_is_refused(settings: Settings, make: Make) -> None:
    store = Store(settings)
    store.put(make(), "v1")
    with pytest.raises(ArtifactError, match="other files under this version"):
        store.put(make(b"other weights"), "v1")
    assert (store.fetch("v1") / artifact.DELTA).read_bytes() == b"weights"


def test_an_artifact_whose_files_were_changed_is_never_stored(settings: Settings, make: Make) -> None:
    folder = make()
    (folder / artifact.DELTA).write_bytes(b"tampered")
    with pytest.raises(ArtifactError, match="SHA-256"):
        Store(settings).put(folder, "v1")
    with pytest.raises(ArtifactError):
        Store(settings).fetch("v1")


def test_a_missing_artifact_is_said_to_be_missing(settings: Settings) -> None:
    with pytest.raises(ArtifactError, match="v9"):
        Store(settings).fetch("v9")


def test_what_was_removed_is_gone_here_and_can_be_put_again(settings: Settings, make: Make) -> None:
    store = Store(settings)
    for version in ("v1", "v2"):
        store.put(make(version=version), version)
        store.fetch(version)
    assert store.remove("v1")
    assert not store.remove("v1")
    with pytest.raises(ArtifactError, match="v1"):
        store.fetch("v1")
    assert store.fetch("v2").is_dir()
    assert artifact.verify(store.fetch(store.put(make(), "v1"))).version == "v1"


def test_a_removal_that_broke_off_is_finished_later(settings: Settings, make: Make) -> None:
    store = Store(settings)
    store.put(make(), "v1")
    files, root = fsspec.core.url_to_fs(settings.artifact_store)
    files.rm_file(f"{root}/v1/{artifact.MANIFEST}")
    assert store.remove("v1")
    assert not files.exists(f"{root}/v1/{artifact.DELTA}")


@pytest.mark.parametrize("name", ["../v1", "/etc", "", ".part-1", "a/b"])
def test_nothing_outside_the_store_is_removed(settings: Settings, name: str) -> None:
    with pytest.raises(ArtifactError, match="no name of an artifact"):
        Store(settings).remove(name)


@pytest.mark.parametrize("name", ["../v1", "/etc", "", ".part-1", "a/b"])
def test_a_name_never_leads_out_of_the_store(settings: Settings, name: str) -> None:
    with pytest.raises(ArtifactError, match="no name of an artifact"):
        Store(settings).fetch(name)


def test_a_damaged_artifact_is_refused_and_replaced_by_a_sound_one(settings: Settings, make: Make) -> None:
    store = Store(settings)
    store.put(make(), "v1")
    files, root = fsspec.core.url_to_fs(settings.artifact_store)
    files.pipe_file(f"{root}/v1/{artifact.DELTA}", b"damaged")
    with pytest.raises(ArtifactError, match="SHA-256"):
        Store(settings).fetch("v1")
    store.put(make(), "v1")
    assert (store.fetch("v1") / artifact.DELTA).read_bytes() == b"weights"


def test_an_upload_that_broke_off_does_not_count_as_stored(settings: Settings, make: Make) -> None:
    files, root = fsspec.core.url_to_fs(settings.artifact_store)
    files.makedirs(f"{root}/v1", exist_ok=True)
    files.pipe_file(f"{root}/v1/{artifact.DELTA}", b"weights")
    store = Store(settings)
    with pytest.raises(ArtifactError):
        store.fetch("v1")
    store.put(make(), "v1")
    assert artifact.verify(store.fetch("v1")).version == "v1"


def test_a_remote_artifact_is_fetched_once(tmp_path: Path, make: Make) -> None:
    settings = Settings(home=tmp_path / "home", store=f"memory://{uuid4()}")
    store = Store(settings)
    store.put(make(), "v1")
    first = store.fetch("v1")
    files, root = fsspec.core.url_to_fs(settings.artifact_store)
    files.rm(root, recursive=True)
    assert store.fetch("v1") == first


def test_a_cached_copy_that_was_changed_is_fetched_again(tmp_path: Path, make: Make) -> None:
    store = Store(Settings(home=tmp_path / "home", store=f"memory://{uuid4()}"))
    store.put(make(), "v1")
    (store.fetch("v1") / artifact.DELTA).write_bytes(b"changed")
    assert (store.fetch("v1") / artifact.DELTA).read_bytes() == b"weights"


def test_a_stored_folder_can_be_moved(tmp_path: Path, make: Make) -> None:
    location = Store(Settings(home=tmp_path, store=str(tmp_path / "before"))).put(make(), "v1")
    shutil.move(tmp_path / "before", tmp_path / "after")
    assert Store(Settings(home=tmp_path, store=str(tmp_path / "after"))).fetch(location).is_dir()


def test_an_address_of_an_unknown_kind_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="BEAROMETER_STORE"):
        Store(Settings(home=tmp_path, store="nosuch://bucket"))
