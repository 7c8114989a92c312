"""The manifest of a run, and the files that it vouches for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from geoframe.errors import RunError
from geoframe.run.digests import (
    SEAL,
    check_digest,
    digest,
    digest_of_file,
    digest_of_folder,
    sealed,
)
from geoframe.run.files import read_regular, write_bytes, write_json
from geoframe.run.shapes import read_manifest

MANIFEST = "manifest.json"


@attrs.frozen
class Evidence:
    """A run directory's manifest, with the digest of every file that the run has written.

    A digest is noted before its file is written, beside that of the file before: so a file is
    known as whole at every moment, also after a kill between the two.
    """

    folder: Path

    @property
    def exists(self) -> bool:
        """Whether there is a manifest. A part that a method made itself has none."""
        return (self.folder / MANIFEST).exists()

    @property
    def manifest(self) -> dict[str, Any]:
        """Content of the manifest.

        Raises
        ------
        RunError
            If it is missing or damaged.
        """
        return read_manifest(self.folder)

    @property
    def has_digests(self) -> bool:
        """Whether damage can be told; runs of earlier versions have no digests."""
        return SEAL in self.manifest

    def create(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest of a new run."""
        write_json(self.folder / MANIFEST, sealed(manifest))

    def update(self, **facts: Any) -> None:
        """Add facts to the manifest."""
        self.create({**self.manifest, **facts})

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the run, replacing the one that is there at once.

        Parameters
        ----------
        name
            Its path below the folder, with ``/``.
        """
        self._note(name, digest(content))
        write_bytes(self.folder / name, content)

    def note(self, name: str) -> None:
        """Note the digest that a file has now."""
        self._note(name, digest_of_file(self.folder / name))

    def read(self, name: str) -> bytes:
        """Read a file of the run.

        Raises
        ------
        RunError
            If it is missing, or not as the run wrote it.
        """
        content = read_regular(self.folder / name)
        known = self._files().get(name)
        if known is not None:
            check_digest(self.folder / name, content, known)
        return content

    def names(self, beginning: str) -> list[str]:
        """Return the names of the files whose digests are known and that begin so."""
        return sorted(name for name in self._files() if name.startswith(beginning))

    def keep(self, name: str) -> None:
        """Vouch for a file or folder that the method wrote itself, until it is written again."""
        found = self._digest_of(self.folder / name)
        if self.exists and (kept := self._kept()).get(name) != found:
            self.update(kept={**kept, name: found})

    def verify(self) -> None:
        """Compare what the method wrote itself with what it was, and miss no file of the run.

        What the run wrote is compared when it is read; but what is lost may not be asked for. A
        figure is no part of what was trained: only a report misses it.

        Raises
        ------
        RunError
            If something is missing or was changed.
        """
        for name in self._files():
            if not name.startswith("figures/") and not (self.folder / name).exists():
                raise RunError(f"{self.folder / name}: is missing")
        for name, known in self._kept().items():
            path = self.folder / name
            if not path.exists():
                raise RunError(f"{path}: is missing")
            if self._digest_of(path) != known:
                raise RunError(f"{path}: is damaged, or not what this run wrote")

    def check_data(self, now: Mapping[str, Any]) -> None:
        """Compare digests of inputs with those that the manifest has.

        Parameters
        ----------
        now
            Facts about the inputs; those under a key that ends in ``sha256`` are compared.

        Raises
        ------
        RunError
            If an input is another one, naming it.
        """
        before = self.manifest.get("data") if self.exists else None
        if not isinstance(before, dict):
            return
        for key in sorted({*before, *now}):
            if not key.endswith("sha256") or key not in now:
                continue
            if key in before and before[key] != now[key]:
                what = key.removesuffix("sha256").strip("_") or "data"
                raise RunError(
                    f"{self.folder}: the {what} changed since the run began (sha256 "
                    f"{str(before[key])[:12]} then, {str(now[key])[:12]} now); bring the old "
                    f"{what} back, or begin a new run"
                )

    def _note(self, name: str, found: str) -> None:
        if not self.exists:
            return
        files = self._files()
        before = files.get(name, [])[:1]
        if before != [found]:
            self.update(files={**files, name: [found, *before]})

    def _files(self) -> dict[str, list[str]]:
        files: dict[str, list[str]] = self.manifest.get("files", {}) if self.exists else {}
        return files

    def _kept(self) -> dict[str, str]:
        kept: dict[str, str] = self.manifest.get("kept", {}) if self.exists else {}
        return kept

    @staticmethod
    def _digest_of(path: Path) -> str:
        return digest_of_folder(path) if path.is_dir() else digest_of_file(path)
