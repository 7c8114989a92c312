"""Whether the installation is sound, and what to do if it is not."""

from __future__ import annotations

import platform
import sys
from collections.abc import Collection, Iterator
from importlib import metadata

import attrs

from geoframe_registry import requirements
from geoframe_registry.discovery import installed
from geoframe_registry.plugins import plugin_reports


@attrs.frozen
class Finding:
    """One fact about the installation."""

    topic: str
    text: str
    ok: bool = True
    remedy: str = ""


def diagnose(*, verbs: Collection[str] = ()) -> list[Finding]:
    """Collect versions, devices and every problem of the installation; imports torch."""
    return [
        Finding("python", f"{platform.python_version()} at {sys.executable}"),
        *_versions(),
        *_devices(),
        *_foreign(),
        *_plugins(verbs),
        *_unmet(),
    ]


def _versions() -> Iterator[Finding]:
    for name in ("geoframe-core", "torch", "accelerate"):
        try:
            yield Finding(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "not installed", False, f"pip install {name}")


def _devices() -> Iterator[Finding]:
    try:
        import torch
    except Exception as error:  # a broken build raises OSError, ImportError and others
        reason = f"torch cannot be imported: {type(error).__name__}: {error}"
        yield Finding("devices", reason, False, "reinstall torch: https://pytorch.org/get-started")
        return
    found = [f"cpu ({torch.get_num_threads()} threads)"]
    found += [
        f"cuda:{index} ({torch.cuda.get_device_name(index)})"
        for index in range(torch.cuda.device_count())
    ]
    found += ["mps"] if torch.backends.mps.is_available() else []
    yield Finding("devices", ", ".join(found))


def _foreign() -> Iterator[Finding]:
    """Find another project's package of the same import name, which would overwrite ours."""
    try:
        owners = set(metadata.packages_distributions().get("geoframe", ()))
    except Exception as error:  # one damaged distribution is enough
        yield Finding("package", f"owners of 'geoframe' cannot be told: {error}")
        return
    for owner in sorted(owners - {"geoframe-core"}):
        yield Finding(
            "package",
            f"'{owner}' also installs a package named geoframe",
            False,
            f"pip uninstall {owner} && pip install --force-reinstall --no-deps geoframe-core",
        )


def _plugins(verbs: Collection[str]) -> Iterator[Finding]:
    for report in plugin_reports(verbs=verbs):
        topic = f"{report.distribution} {report.version}"
        if not report.problems:
            yield Finding(topic, ", ".join(report.components))
        for problem in report.problems:
            remedy = f"reinstall, upgrade or remove {report.distribution}"
            yield Finding(topic, f"{problem.state}: {problem.reason}", False, remedy)


def _unmet() -> Iterator[Finding]:
    for name in sorted({"geoframe-core", *(entry.distribution for entry in installed().entries)}):
        for each in requirements.unmet(name):
            text = f"needs {each.requirement}; {each.found}"
            yield Finding(name, text, False, f"pip install '{each.requirement}'")
