"""The Run: one directory that holds all there is to know about a run."""

from __future__ import annotations

import datetime
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import filelock

from geoframe.config.structure import unstructure
from geoframe.config.toml import dump_toml
from geoframe.errors import RunError
from geoframe.importing import contained
from geoframe.run.checkpoint import CheckpointStore
from geoframe.run.files import (
    explained,
    jsonable,
    read_arrays,
    read_json,
    read_regular,
    read_tensors,
    read_text,
    write_bytes,
    write_json,
    write_tensors,
)
from geoframe.run.links import refuse_links
from geoframe.run.lock import lock
from geoframe.run.shapes import read_manifest, read_results

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from torch import Tensor

    from geoframe.method import Method, Result

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


def _no_hooks(name: str, **arguments: object) -> None:
    """Stand in for hooks when a run is used without the registry."""


@attrs.define(eq=False)
class Run:
    """A run directory in use. Make one with :func:`create_run` or :func:`open_run_directory`."""

    path: Path
    method_name: str
    method: Method
    config: Any
    fire: Fire = _no_hooks
    main_process: bool = True
    """False in all but one process of a distributed run; such a Run writes nothing."""
    _lock: filelock.BaseFileLock | None = None
    _recorded: dict[str, Any] = attrs.field(factory=dict)

    @property
    def checkpoints(self) -> CheckpointStore:
        """Where the trainer keeps and finds its state."""
        return CheckpointStore(self.path / "checkpoints")

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return (self.path / "results.json").exists()

    @property
    def manifest(self) -> dict[str, Any]:
        """Versions, seed, data fingerprint, command line and what the method recorded."""
        return read_manifest(self.path)

    @property
    def results(self) -> dict[str, Any]:
        """Content of ``results.json``."""
        return read_results(self.path)

    def load(self) -> Any:
        """Return the trained objects, as the method's ``load`` defines them."""
        self.require_finished()
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
            if not (part.path / "manifest.json").exists():
                write_json(part.path / "manifest.json", {"method": self.method_name, "part": name})
        return part

    def require_finished(self) -> None:
        """Raise :class:`RunError` unless the run came to its end."""
        if not self.finished:
            raise RunError(f"{self.path}: the run is not finished; continue it with --resume")

    def record(self, **facts: Any) -> None:
        """Add facts (data fingerprint, repairs, device) to the manifest."""
        self._recorded.update(facts)
        if self.main_process:
            write_json(self.path / "manifest.json", {**self.manifest, **self._recorded})

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
        if not path.exists():
            return
        for line in read_regular(path).splitlines():
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

    def rewind(self, step: int) -> None:
        """Forget scalars logged after ``step``, from which the run now goes on."""
        if self.main_process:
            kept = [json.dumps(line) + "\n" for line in self.metrics() if line["step"] <= step]
            write_bytes(self.path / "metrics.jsonl", "".join(kept).encode())

    def write_tensors(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep tensors as ``<name>.safetensors``."""
        if self.main_process:
            write_tensors(self.path / f"{name}.safetensors", tensors)

    def read_tensors(self, name: str) -> dict[str, Tensor]:
        """Read what :meth:`write_tensors` kept."""
        return read_tensors(self.path / f"{name}.safetensors")

    def read_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Read what :meth:`write_tensors` kept as numpy arrays; torch is not imported."""
        return read_arrays(self.path / f"{name}.safetensors")

    def write_json(self, name: str, value: Any) -> None:
        """Keep a JSON value as ``<name>.json``."""
        if self.main_process:
            write_json(self.path / f"{name}.json", value)

    def read_json(self, name: str) -> Any:
        """Read what :meth:`write_json` kept."""
        return read_json(self.path / f"{name}.json")

    def write_figure(self, name: str, figure: Figure) -> None:
        """Keep a matplotlib figure as ``figures/<name>.svg``."""
        if not self.main_process:
            return
        from geoframe.run.figures import svg

        folder = self.path / "figures"
        with explained(folder):
            folder.mkdir(exist_ok=True)
        write_bytes(folder / f"{name}.svg", svg(figure))

    def write_result(self, result: Result) -> None:
        """Write ``results.json``; from then on the run is finished."""
        if self.main_process:
            content = {"method": self.method_name, **attrs.asdict(result)}
            write_json(self.path / "results.json", content)

    def close(self) -> None:
        """Let other processes use the directory."""
        if self._lock is not None:
            self._lock.release()


def default_path(method_name: str) -> Path:
    """``runs/<method>/<time>-<short id>`` below the current folder."""
    now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    return Path("runs") / method_name / f"{now}-{secrets.token_hex(2)}"


def create_run(
    path: Path,
    method_name: str,
    method: Method,
    config: Any,
    *,
    manifest: Mapping[str, Any],
    fire: Fire = _no_hooks,
    resume: bool = False,
    stored: Any = None,
) -> Run:
    """Claim a directory for a run, or take up the one that is there.

    Parameters
    ----------
    path
        The directory. It must not exist, or be empty, unless ``resume`` is set.
    manifest
        What is known before the run begins.
    resume
        Continue the run in ``path``; start it if it is missing or was killed before its
        manifest was complete.
    stored
        The config of the run that is there, as today's options read it: those that it was
        written without, because they are new, are at their defaults. None takes it as written.

    Raises
    ------
    RunError
        If the directory holds something else, is in use, belongs to another config, or cannot
        be written.
    """
    run = Run(path.absolute(), method_name, method, config, fire, _is_main_process())
    if not run.main_process:
        return run
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
    refuse_links(path)
    with explained(path):
        run._lock = lock(path)
    try:
        _claim(run, manifest, resume, stored)
    except BaseException:
        run.close()
        raise
    return run


def _claim(run: Run, manifest: Mapping[str, Any], resume: bool, stored: Any) -> None:
    present = {entry.name for entry in run.path.iterdir() if not entry.name.startswith(".tmp-")}
    if present - {".lock"} and not resume:
        raise RunError(f"{run.path}: exists already; continue it with --resume or name another")
    config_text = dump_toml(unstructure(run.config))
    if "manifest.json" in present:
        _check_same_config(run, config_text, stored)
        return
    if foreign := sorted(present - OWN_FILES):
        raise RunError(f"{run.path}: is not a run directory (it holds '{foreign[0]}')")
    run.checkpoints.clear()
    for leftover in run.path.glob(".tmp-*"):
        leftover.unlink(missing_ok=True)
    write_bytes(run.path / "metrics.jsonl", b"")
    write_bytes(run.path / "config.toml", config_text.encode())
    # The manifest comes last: it marks the directory as complete.
    write_json(run.path / "manifest.json", {"method": run.method_name, **manifest})


def _check_same_config(run: Run, config_text: str, read: Any) -> None:
    stored = read_text(run.path / "config.toml")
    if run.manifest["method"] != run.method_name:
        raise RunError(f"{run.path}: is a run of '{run.manifest['method']}'")
    if read is not None:
        stored = dump_toml(unstructure(read))
    if stored != config_text:
        changed = sorted(set(config_text.splitlines()) ^ set(stored.splitlines()))
        raise RunError(
            f"{run.path}: cannot resume with another config; it differs in "
            f"'{changed[0]}' (leave --config and --set out to use the stored one)"
        )


def _is_main_process() -> bool:
    return int(os.environ.get("RANK", "0")) == 0
