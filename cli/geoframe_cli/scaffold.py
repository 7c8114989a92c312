"""The files of a new plugin: jinja2 templates, one folder per kind of component."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec

from geoframe.components import KINDS
from geoframe.errors import GeoframeError
from geoframe_registry.discovery import KNOWN, components

TEMPLATES = ("geometry", "embedder", "trainer", "sampler", "adapter", "method")
"""Kinds that there is a template for."""

USES = {
    "geometry": "    geoframe run nst --set geometry.name={name}",
    "embedder": "    geoframe run nst --set embedder.name={name}",
    "trainer": "    geoframe run nst --set trainer.name={name}",
    "sampler": "    geoframe run cfdm --set sampler.name={name}",
    "adapter": '```python\nimport geoframe\n\nadapter = geoframe.build("adapter", "{name}")\n'
    "model = adapter.attach(model)  # train it, then adapter.merge()\n```",
    "method": "    geoframe run {name} --set data.path=examples/points.csv",
}


def plugin_files(name: str, kind: str, *, core_version: str) -> dict[str, str]:
    """Render a complete distribution.

    Parameters
    ----------
    name
        Name of the component, such as ``"taxicab"``; ``"geoframe-taxicab"`` means the same.
    kind
        One of :data:`TEMPLATES`.
    core_version
        Version of geoframe-core that the plugin is written for.

    Returns
    -------
    dict
        Path below the distribution's folder -> text.

    Raises
    ------
    GeoframeError
        If the name would not do as the name of a distribution and of a Python package.
    """
    from jinja2 import Environment, StrictUndefined

    name = component_name(name)
    package = f"geoframe_{name.replace('-', '_')}"
    templates = {
        path: text
        for part in ("common", kind)
        for path, text in _templates(files("geoframe_cli") / "templates" / part)
    }
    cls = _class_name(name, kind, "\n".join(templates.values()))
    target = f"{package}.method:{cls}" if kind == "method" else f"{package}.config:{cls}Config"
    values = {
        "name": name,
        "kind": kind,
        "distribution": f"geoframe-{name}",
        "package": package,
        "cls": cls,
        "title": f"{cls} {kind}",
        "article": f"{'An' if kind[0] in 'ae' else 'A'} {kind}",
        "group": KINDS[kind],
        "target": target,
        "core": core_range(core_version),
        "use": USES[kind].format(name=name),
    }
    environment = Environment(  # the files are code and TOML, not HTML
        autoescape=False,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return {
        _destination(path, package): environment.from_string(text).render(values)
        for path, text in templates.items()
    }


def component_name(name: str) -> str:
    """Return ``name`` without ``geoframe-``.

    Raises
    ------
    GeoframeError
        If it is not made of lower-case words joined by hyphens.
    """
    plain = name.removeprefix("geoframe-")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", plain):
        near = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-0123456789")
        raise GeoframeError(
            f"'{name}' is no name for a plugin; take lower-case words joined by hyphens, "
            f"such as '{near or 'closed-form'}'"
        )
    return plain


def check_free(name: str, kind: str) -> None:
    """Refuse a plugin that would replace what is installed, or what is known under its name.

    Raises
    ------
    GeoframeError
        If its component, its distribution or its package is there already.
    """
    name = component_name(name)
    distribution = f"geoframe-{name}"
    for taken in components(kind):
        if taken.name == name:
            raise GeoframeError(
                f"{kind} '{name}' is there already, in {taken.distribution}; take another name"
            )
    package = distribution.replace("-", "_")
    installed = find_spec(package) or any(metadata.distributions(name=distribution))
    if installed or distribution in KNOWN.values():
        raise GeoframeError(f"{distribution} is another plugin; take another name")


def core_range(version: str) -> str:
    """Return the requirement that fits a series: ``"0.1.3"`` -> ``">=0.1,<0.2"``."""
    major, minor = (int(part) for part in version.split(".")[:2])
    above = f"{major}.{minor + 1}" if major == 0 else f"{major + 1}"
    return f">={major}.{minor},<{above}"


def _class_name(name: str, kind: str, templates: str) -> str:
    """Name the class after the component: one that Python and the templates do not use already."""
    cls = "".join(part.capitalize() for part in name.split("-"))
    used = {*keyword.kwlist, *re.findall(r"\b[A-Z]\w*", templates)}
    return f"{cls}{kind.capitalize()}" if {cls, f"{cls}Config"} & used else cls


def _templates(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            yield from _templates(each, f"{prefix}{each.name}/")
        elif each.name.endswith(".j2"):
            yield f"{prefix}{each.name.removesuffix('.j2')}", each.read_text(encoding="utf-8")


def _destination(path: str, package: str) -> str:
    path = path.replace("src/package/", f"src/{package}/")
    path = path.replace("test_package.py", f"test_{package.removeprefix('geoframe_')}.py")
    return re.sub(r"^(?=github/|gitignore$)", ".", path)
