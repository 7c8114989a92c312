"""Kernels in C, compiled once by the machine's compiler and kept in the user's cache folder.

Where there is no compiler, or the tensors are not on the CPU, nothing here is used: the products
are then formed by torch, with the same results up to rounding. The kernels run on one thread.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor

from geoframe_cgenn.kernels.plan import ProductPlan

FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-fPIC", "-shared", "-std=c11")
SOURCE = "kernels.c"
PATIENCE = 60
"""Seconds that the compiler may take."""
SUFFIXES = {torch.float32: "_f", torch.float64: "_d"}

_allowed = True


def allow(compiled: bool) -> None:
    """Let compiled kernels be used, or not, from now on in this process."""
    global _allowed
    _allowed = compiled


def kernels_for(*tensors: Tensor) -> ctypes.CDLL | None:
    """Return the compiled kernels if they are allowed, exist and can take these tensors."""
    first = tensors[0]
    fits = (
        _allowed
        and first.dtype in SUFFIXES
        and first.numel() > 0
        and all(each.device.type == "cpu" and each.dtype == first.dtype for each in tensors)
    )
    return _library() if fits else None


@functools.cache
def plan_tables(plan: ProductPlan) -> tuple[Tensor, Tensor]:
    """Segments ``(S, 7)`` and terms ``(T, 3)`` of a plan, int32, as ``kernels.c`` explains them."""
    size = 1 << plan.n
    segments: list[tuple[int, ...]] = []
    terms: list[tuple[int, int, int]] = []
    rows = iter(enumerate(plan.terms))
    for at, (count, paths) in enumerate(zip(plan.counts, plan.paths, strict=True)):
        for row_of_grade in range(count):
            row, by_path = next(rows)
            for slot, (path, of_path) in enumerate(by_path):
                place = row_of_grade * len(paths) + slot
                segments.append((row, path, len(terms), len(of_path), at, place, len(paths)))
                terms += [(i, j, a * size + b) for i, j, a, b in of_path]
    return torch.tensor(segments, dtype=torch.int32), torch.tensor(terms, dtype=torch.int32)


@functools.cache
def counts_table(counts: tuple[int, ...]) -> Tensor:
    """Numbers of blades of grades, int32."""
    return torch.tensor(counts, dtype=torch.int32)


def call(library: ctypes.CDLL, name: str, *arguments: Tensor | Sequence[Tensor] | int) -> None:
    """Call a kernel with contiguous tensors, lists of them and sizes.

    Raises
    ------
    MemoryError
        If the kernel finds no memory for its scratch.
    """
    first = arguments[0]
    assert isinstance(first, Tensor)
    plain: list[object] = []
    for each in arguments:
        if isinstance(each, Tensor):
            plain.append(ctypes.c_void_p(each.data_ptr()))
        elif isinstance(each, int):
            plain.append(ctypes.c_long(each))
        else:
            plain.append((ctypes.c_void_p * len(each))(*(one.data_ptr() for one in each)))
    if library[name + SUFFIXES[first.dtype]](*plain):
        raise MemoryError(f"no memory for the scratch of {name}")


@functools.cache
def _library() -> ctypes.CDLL | None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or os.name != "posix":  # elsewhere nobody says whose a folder is
        return None
    source = resources.files(__package__).joinpath(SOURCE).read_text(encoding="utf-8")
    try:
        # Native code fits the machine that it was made on: another one compiles anew.
        machine = f"{platform.node()} {platform.machine()} {_instructions()} {compiler}"
        digest = hashlib.sha256(f"{machine} {FLAGS} {source}".encode()).hexdigest()
        path = _folder() / f"{digest[:32]}.so"
        if not path.exists():
            _compile(compiler, source, path)
        return ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError):
        return None


def _instructions() -> str:
    """Sets of instructions that the processor has, as Linux lists them; elsewhere empty.

    Hosts of one name may share a home and not a processor: an image, moved to another machine.
    """
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    return next((line for line in lines if line.lower().startswith(("flags", "features"))), "")


def _folder() -> Path:
    """Return the user's folder of compiled kernels, which nobody else may write to.

    Raises
    ------
    OSError
        If it cannot be made, or belongs to somebody else.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "geoframe" / "cgenn"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = folder.stat()
    if state.st_uid != os.getuid() or state.st_mode & 0o022:
        raise PermissionError(f"{folder} can be written by others")
    return folder


def _compile(compiler: str, source: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        text, made = Path(scratch) / SOURCE, Path(scratch) / "kernels.so"
        text.write_text(source, encoding="utf-8")
        subprocess.run(
            [compiler, *FLAGS, str(text), "-o", str(made)],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
        made.replace(path)
