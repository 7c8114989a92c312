"""What can be attacked of every installed method, found in what it declares."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from geoframe.config import TomlTable, apply_overrides, load_toml
from geoframe.errors import GeoframeError
from geoframe_registry.configs import check_alternatives, configure, method_class
from geoframe_registry.discovery import components
from geoframe_registry.options import describe_options

PLUGINS = Path(__file__).parents[2] / "plugins"
SHORT: tuple[tuple[str, Any], ...] = (
    ("trainer.steps", 6),
    ("trainer.checkpoint_every", 2),
    ("trainer.epochs", 1),
    ("trainer.device", "cpu"),
    ("evaluation.baselines", []),
    ("evaluation.ceiling_seconds", 1.0),
    ("evaluation.seconds", 1.0),
    ("evaluation.trainer.steps", 2),
    ("ames.latent", True),  # else no embedder is looked at
    ("evaluation.pictures", 1),
    ("prior_trainer.steps", 2),
    ("scene.images", 2),
    ("cfdm.samples", 4),
    ("data.dataset.scenes", 4),
    ("data.dataset.points", 60),
    ("data.dataset.size", 64),
    ("data.dataset.depth", 3),
    ("steps", 2),
)
"""Options that keep a run short, where a method has them."""


APPLY = "apply --data"
"""Not an option of a config: the data that a finished run is applied to."""
TRY = "try"
"""The verb that looks at any file, which no method has to be named for."""


@attrs.frozen(eq=False)
class Surface:
    """A method and one of its options that names a file or a folder."""

    method: str
    option: str
    several: bool
    """Whether it is a list of paths."""
    base: tuple[tuple[str, Any], ...]
    """Options of a run that works, but for this one."""
    package: str
    """Import name of the plugin."""
    step: int = 6
    """It meets one in so many of the files."""
    others: tuple[str, ...] = ()
    """Further paths of the list, which the method wants several of."""

    def command(self, target: Path, run: Path | None = None) -> list[str]:
        """Return the words after ``geoframe`` that give it ``target``; to apply it takes a run."""
        if self.option == TRY:
            return ["try", str(target), "--no-preview"]
        if self.option == APPLY:
            return ["apply", str(run), "--data", str(target), "-o", "applied.csv"]
        value: object = [str(target), *self.others] if self.several else str(target)
        return self.run(Path("run"), (self.option, value))

    def run(self, path: Path, *more: tuple[str, Any]) -> list[str]:
        """Return the words after ``geoframe`` of a run into ``path``."""
        words = [word for key, each in (*self.base, *more) for word in as_setting(key, each)]
        return ["run", self.method, "--run-dir", str(path), *words]


def method_surfaces() -> list[Surface]:
    """Return every option of every installed method that takes a file, and apply and try."""
    found = [surface for spec in components("method") for surface in _surfaces_of(spec)]
    return [*found, Surface(TRY, TRY, False, (), "geoframe_data", step=1)]


def examples(distribution: str) -> list[Path]:
    """Return configs of a plugin of this repository; those of short runs, if any, are the first."""
    folder = PLUGINS / distribution
    return [*sorted(folder.glob("tests/short*.toml")), *sorted(folder.glob("examples/*.toml"))]


def example_data() -> list[Path]:
    """Return the small data files among the examples of all plugins."""
    found = PLUGINS.glob("*/examples/*.*")
    return sorted(path for path in found if path.suffix not in (".toml", ".py"))


def base_of(spec: Any) -> tuple[tuple[str, Any], ...]:
    """Return the options of a short run that works, as dotted keys."""
    table = TomlTable({})
    for path in examples(spec.distribution):
        try:
            if works(spec.name, load_toml(path)):
                table = load_toml(path)
                break
        except GeoframeError:
            continue
    for key, value in SHORT:
        changed = apply_overrides(table, [(key, value)])
        if works(spec.name, changed):
            table = changed
    return tuple(_flat(table.values))


def _surfaces_of(spec: Any) -> Iterator[Surface]:
    base = base_of(spec)
    package = spec.target.partition(":")[0].partition(".")[0]
    options = list(describe_options(method_class(spec).Config))
    main = "data.path" if any(option["key"] == "data.path" for option in options) else None
    for option in options:
        key, kind = option["key"], str(option["type"])
        if kind not in ("path", "array of path") and not key.endswith(".path"):
            continue
        others = tuple(pair for pair in base if not _overlaps(pair[0], key))
        step = 1 if key == (main or key) else 6
        several = kind == "array of path"
        rest = tuple(dict(base).get(key, ())[1:]) if several else ()
        yield Surface(spec.name, key, several, others, package, step, rest)
    if base:
        yield Surface(spec.name, APPLY, False, base, package, step=3)


def _overlaps(first: str, second: str) -> bool:
    if first == "data.dataset.name" or first.startswith("data.dataset"):
        return second == "data.path"  # a data set takes the place of a file
    return first == second or first.startswith(f"{second}.")


def works(method: str, table: TomlTable) -> bool:
    """Whether a method takes a config."""
    try:
        check_alternatives(table, configure(method, table)[1])
    except GeoframeError:
        return False
    return True


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", [_from_folder(each) for each in value]
        else:
            yield f"{prefix}{key}", _from_folder(value)


def _from_folder(value: Any) -> Any:
    """Return what an option is; a path in an example begins in the example's folder."""
    if not (isinstance(value, str) and hasattr(value, "folder")):
        return value
    inside = value.folder / value
    return str(inside) if inside.exists() else str(value)


def as_table(options: Sequence[tuple[str, Any]]) -> TomlTable:
    """Return the table that dotted keys make up."""
    return apply_overrides(TomlTable({}), options)


def as_setting(key: str, value: Any) -> list[str]:
    """Return the words of the command line that set an option."""
    import tomli_w

    text = tomli_w.dumps({"value": value}).partition("=")[2].strip()
    assert tomllib.loads(f"value = {text}")["value"] == value
    return ["--set", f"{key}={text}"]
