"""The artifact store: sealed model folders under their versions, in a folder or anywhere that fsspec reaches.

An artifact counts as stored when its manifest is there, and that comes last: by one rename in a folder, as the last
file elsewhere. A location is the artifact's name in the store, so that a store can be moved.
"""

import re
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # fsspec ships no types

from bearometer_shared.errors import ArtifactError, UserError
from bearometer_shared.inference.artifact import MANIFEST, Manifest, read_manifest, verify
from bearometer_shared.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Store:
    """Where the artifacts lie. Calls block on the disk or the network; they raise ArtifactError with the reason."""

    def __init__(self, settings: Settings) -> None:
        """Raises UserError for an address that fsspec cannot open."""
        self._cache = settings.home.absolute() / "cache"
        self._files, self._root = _open(settings.artifact_store)

    def put(self, folder: Path, version: str) -> str:
        """Stores a sealed artifact whole or not at all, and returns its location.

        A version is stored once: other content under the same name is refused, and a damaged copy is replaced.
        """
        manifest, target = verify(folder), self._path(version)
        if not self._holds(manifest, version):
            try:
                self._put_folder(folder, target) if self._local else self._put_files(folder, manifest, target)
            except Exception as error:  # every file system has its own kinds
                raise ArtifactError(f"{version}: cannot be stored in {self._root}: {error}") from error
        return version

    def fetch(self, location: str) -> Path:
        """A local, verified folder with the artifact: the stored one, or a copy that is kept in HOME/cache."""
        source = self._path(location)
        if self._local:
            verify(Path(source))
            return Path(source)
        cached = self._cache / location
        if not _sound(cached):
            self._download(source, cached)
        return cached

    def remove(self, location: str) -> bool:
        """Removes an artifact, and this machine's copy of it. False where there was none: that is no fault.

        The manifest goes first: what is left when this is interrupted counts as nothing, and goes the next time.
        """
        target = self._path(location)
        shutil.rmtree(self._cache / location, ignore_errors=True)
        try:
            if self._files.exists(f"{target}/{MANIFEST}"):
                self._files.rm_file(f"{target}/{MANIFEST}")
            self._files.rm(target, recursive=True)
        except FileNotFoundError:
            return False
        except Exception as error:  # every file system has its own kinds
            raise ArtifactError(f"{location}: cannot be removed from {self._root}: {error}") from error
        return True

    @property
    def _local(self) -> bool:
        return "file" in self._files.protocol

    def _path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ArtifactError(f"{name!r} is no name of an artifact")
        return f"{self._root}/{name}"

    def _holds(self, manifest: Manifest, version: str) -> bool:
        try:
            stored = verify(self.fetch(version))
        except ArtifactError:
            return False  # missing or damaged: either way it is written now
        if stored.files != manifest.files:
            raise ArtifactError(f"{version}: the store {self._root} holds other files under this version")
        return True

    def _put_folder(self, folder: Path, target: str) -> None:
        """By one rename. A damaged folder is moved away first; a racing twin's is as good as ours."""
        Path(self._root).mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=".part-", dir=self._root))
        try:
            for file in folder.iterdir():
                shutil.copyfile(file, draft / file.name)
            draft.chmod(0o755)
            _replace(draft, Path(target))
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _put_files(self, folder: Path, manifest: Manifest, target: str) -> None:
        for name in (*manifest.files, MANIFEST):
            self._files.put_file(str(folder / name), f"{target}/{name}")

    def _download(self, source: str, target: Path) -> None:
        self._cache.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=".part-", dir=self._cache))
        try:
            self._files.get_file(f"{source}/{MANIFEST}", str(draft / MANIFEST))
            for name in read_manifest(draft).files:
                self._files.get_file(f"{source}/{name}", str(draft / Path(name).name))  # never outside the draft
            verify(draft)
            _replace(draft, target)
        except FileNotFoundError as error:
            raise ArtifactError(f"{source}: not in the store") from error
        except OSError as error:
            raise ArtifactError(f"{source}: cannot be fetched: {error}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, target: Path) -> None:
    """Renames `draft` to `target`, unless a sound artifact has come to lie there meanwhile."""
    if _sound(target):
        return
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _sound(folder: Path) -> bool:
    try:
        verify(folder)
    except ArtifactError:
        return False
    return True


def _open(address: str) -> tuple[Any, str]:
    try:
        files, root = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise UserError(f"BEAROMETER_STORE: {address}: {error}") from error
    return files, root.rstrip("/")
