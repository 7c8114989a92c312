"""The Run: one directory that holds all there is to know about a run."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import filelock

from geoframe.errors import RunError
from geoframe.importing import contained
from geoframe.run.checkpoint import CheckpointStore
from geoframe.run.evidence import Evidence
from geoframe.run.files import (
    arrays_from_bytes,
    explained,
    json_bytes,
    json_from_bytes,
    jsonable,
    read_regular,
    tensors_from_bytes,
    tensors_to_bytes,
    write_bytes,
)
from geoframe.run.shapes import read_results

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from torch import Tensor

    from geoframe.method import Method, Result

log = logging.getLogger("geoframe")

Fire = Callable[..., None]
"""Calls a hook by name on every plugin, keeping their failures away from the run."""

OWN_FILES = frozenset(
    {
        *("config.toml", "manifest.json", "metrics.jsonl", "results.json", "report.html"),
        *("README.md", "checkpoints", "figures", "parts", ".lock"),
    }
)
PARTS = "parts"
"""Folder of the runs within a run."""


def no_hooks(name: str, **arguments: object) -> None:
    """Stand in for hooks when a run is used without the registry."""


@attrs.define(eq=False)
class Run:
    """A run directory in use. Make one with :func:`~geoframe.run.creation.create_run`."""

    path: Path
    method_name: str
    method: Method
    config: Any
    fire: Fire = no_hooks
    main_process: bool = True
    """False in all but one process of a distributed run; such a Run writes nothing."""
    _lock: filelock.BaseFileLock | None = None
    _recorded: dict[str, Any] = attrs.field(factory=dict)
    _root: Path = attrs.field(default=attrs.Factory(lambda self: self.path, takes_self=True))
    """The directory of the whole run, of which this may be a part."""

    @property
    def checkpoints(self) -> CheckpointStore:
        """Where the trainer keeps and finds its state."""
        path = self.path / "checkpoints"
        root = Evidence(self._root)
        manifest = root.manifest if root.exists else {}
        if "id" not in manifest:  # a run of an earlier version
            return CheckpointStore(path)
        config = manifest.get("files", {}).get("config.toml", [""])[0]
        place = path.relative_to(self._root).as_posix()
        return CheckpointStore(path, owner=f"{manifest['id']} {config} {place}")

    @property
    def _evidence(self) -> Evidence:
        return Evidence(self.path)

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return (self.path / "results.json").exists()

    @property
    def reported(self) -> bool:
        """Whether the hooks were told that the run came to its end; one of them is the report."""
        return bool(self.manifest.get("reported"))

    @property
    def manifest(self) -> dict[str, Any]:
        """Versions, seed, data fingerprint, command line and what the method recorded."""
        return self._evidence.manifest

    @property
    def results(self) -> dict[str, Any]:
        """Content of ``results.json``."""
        return read_results(self.path, self._evidence.read("results.json"))

    def load(self) -> Any:
        """Return the trained objects, as the method's ``load`` defines them."""
        self.require_finished()
        if not self._evidence.has_digests:
            log.warning("Note: %s was written without digests: damage could not be told", self.path)
        with contained(f"method '{self.method_name}'"):
            return self.method.load(self)

    def part(self, name: str) -> Run:
        """Return a run within this run, for one of several trainings of the same method.

        It has scalars, checkpoints, results and a manifest of its own in ``parts/<name>``, tells
        the same hooks and is resumed with the run that it belongs to.

        Parameters
        ----------
        name
            One folder, or several with ``/`` between them; each call with it gives the same part.

        Raises
        ------
        RunError
            If the folder cannot be written.
        """
        part = attrs.evolve(self, path=self.path / PARTS / name, lock=None, recorded={})
        if self.main_process:
            with explained(part.path):
                part.path.mkdir(parents=True, exist_ok=True)
            mine = {"method": self.method_name, "part": name, "run": self.manifest.get("id", "")}
            if not part._evidence.exists:
                part._evidence.create(mine)
            elif part.manifest.get("run", "") not in ("", mine["run"]):
                raise RunError(f"{part.path}: is a part of another run")
        return part

    def require_finished(self) -> None:
        """Raise :class:`RunError` unless the run came to its end and all that it kept is there."""
        if not self.finished:
            raise RunError(f"{self.path}: the run is not finished; continue it with --resume")
        self._evidence.verify()

    def record(self, **facts: Any) -> None:
        """Add facts (data fingerprint, repairs, device) to the manifest.

        Under ``data`` stand the facts about the inputs. Those whose key ends in ``sha256``, such as
        ``sha256`` itself or ``model_sha256``, are compared with what the manifest has of them.

        Raises
        ------
        RunError
            If an input changed since the run began.
        """
        if isinstance(facts.get("data"), Mapping):
            self.check_data(**facts["data"])
        self._recorded.update(facts)
        if self.main_process:
            self._evidence.update(**self._recorded)

    def check_data(self, **facts: Any) -> None:
        """Compare digests of inputs with those recorded, as :meth:`record` does.

        For a method that reads inputs again when a run is opened.

        Raises
        ------
        RunError
            If an input changed since the run began.
        """
        self._evidence.check_data(facts)

    def keep(self, path: Path) -> None:
        """Note the digest of a file or folder that the method wrote itself into the run.

        :meth:`load` refuses it if it was changed since. What this class writes is noted already.
        """
        if self.main_process:
            self._evidence.keep(path.relative_to(self.path).as_posix())

    def log(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Append scalars to ``metrics.jsonl`` and tell the hooks."""
        if not self.main_process:
            return
        line = json.dumps({"step": step, **jsonable(values)}) + "\n"
        path = self.path / "metrics.jsonl"
        with explained(path), path.open("a", encoding="utf-8") as file:
            file.write(line)
        self.fire("geoframe_metrics", run=self, step=step, total=total, values=values)

    def metrics(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of ``metrics.jsonl``; one that a crash cut short is passed over."""
        path = self.path / "metrics.jsonl"
        noted = self.finished and path.name in self._evidence.names(path.name)
        if not path.exists() and not noted:
            return
        # While a run goes on lines are added, and their digest is not known.
        content = self._evidence.read(path.name) if self.finished else read_regular(path)
        for line in content.splitlines():
            try:
                scalars = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(scalars, dict) and isinstance(scalars.get("step"), int):
                yield {
                    name: value
                    for name, value in scalars.items()
                    if value is None or isinstance(value, int | float)
                }

    def rewind(self, step: int, of: str | None = None) -> None:
        """Forget scalars logged after ``step``, from which the run now goes on.

        Lines without the scalar ``of``, if one is named, stay.
        """
        if self.main_process:
            kept = [
                json.dumps(line) + "\n"
                for line in self.metrics()
                if line["step"] <= step or (of is not None and of not in line)
            ]
            write_bytes(self.path / "metrics.jsonl", "".join(kept).encode())

    def write_tensors(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep tensors as ``<name>.safetensors``."""
        if self.main_process:
            self._evidence.write(f"{name}.safetensors", tensors_to_bytes(tensors))

    def read_tensors(self, name: str) -> dict[str, Tensor]:
        """Read what :meth:`write_tensors` kept."""
        file = f"{name}.safetensors"
        return tensors_from_bytes(self.path / file, self._evidence.read(file))

    def read_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Read what :meth:`write_tensors` kept as numpy arrays; torch is not imported."""
        file = f"{name}.safetensors"
        return arrays_from_bytes(self.path / file, self._evidence.read(file))

    def write_json(self, name: str, value: Any) -> None:
        """Keep a JSON value as ``<name>.json``."""
        if self.main_process:
            self._evidence.write(f"{name}.json", json_bytes(value))

    def read_json(self, name: str) -> Any:
        """Read what :meth:`write_json` kept."""
        return json_from_bytes(self.path / f"{name}.json", self._evidence.read(f"{name}.json"))

    def write_figure(self, name: str, figure: Figure) -> None:
        """Keep a matplotlib figure as ``figures/<name>.svg``, and where its named points lie.

        They are those of :func:`geoframe.run.figures.name_points`.
        """
        if not self.main_process:
            return
        from geoframe.run.figures import named_points, svg

        folder = self.path / "figures"
        with explained(folder):
            folder.mkdir(exist_ok=True)
        self._evidence.write(f"figures/{name}.svg", svg(figure))
        if (points := named_points(figure)) is not None:
            self.write_json(f"figures/{name}", points)

    def read_figures(self) -> dict[str, bytes]:
        """Read the figures, SVG by name."""
        return {Path(name).stem: self._evidence.read(name) for name in self._drawn(".svg")}

    def read_points(self) -> dict[str, dict[str, Any]]:
        """Read where the named points of figures lie, by the figure's name."""
        names = [Path(name).stem for name in self._drawn(".json")]
        return {name: self.read_json(f"figures/{name}") for name in names}

    def _drawn(self, suffix: str) -> list[str]:
        """Files of figures, there or noted."""
        there = {f"figures/{path.name}" for path in self.path.glob(f"figures/*{suffix}")}
        noted = {name for name in self._evidence.names("figures/") if name.endswith(suffix)}
        return sorted(there | noted)

    def write_result(self, result: Result) -> None:
        """Write ``results.json``; from then on the run is finished."""
        if self.main_process:
            if (self.path / "metrics.jsonl").exists():
                self._evidence.note("metrics.jsonl")
            content = {"method": self.method_name, **attrs.asdict(result)}
            self._evidence.write("results.json", json_bytes(content))

    def close(self) -> None:
        """Let other processes use the directory."""
        if self._lock is not None:
            self._lock.release()
