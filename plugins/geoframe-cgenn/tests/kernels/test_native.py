"""Compiled kernels give what torch gives, values and gradients; without a compiler torch serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from cgenn_cases import relative_error
from torch import Tensor

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels import native
from geoframe_cgenn.kernels.grades import grade_squares, scale_grades
from geoframe_cgenn.kernels.plan import product_plan
from geoframe_cgenn.kernels.products import path_products, weighted_product

GRADES = [(2, (0, 1, 2)), (3, (0, 1)), (3, (0, 1, 2, 3)), (4, (0, 1, 2, 3, 4)), (6, (0, 1, 2))]


@pytest.fixture(autouse=True)
def allowed_again() -> Iterator[None]:
    yield
    native.allow(True)


def outputs(n: int, grades: tuple[int, ...], dtype: torch.dtype) -> list[Tensor]:
    """Values and gradients of every kernel, for one draw of inputs."""
    generator = torch.Generator().manual_seed(n)

    def draw(*shape: int) -> Tensor:
        made = torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)
        return made.requires_grad_()

    rows = len(blades(n).positions(grades))
    form = DiagonalForm(torch.tensor([1.0, -1.0, 1.0, 0.0, 1.0, 1.0][:n], dtype=dtype))
    plan = product_plan(n, grades, grades, grades)
    x, y = draw(rows, 37, 5), draw(rows, 37, 5)
    weight, scale = draw(len(blades(n).paths), 5), draw(len(grades), 37, 5)
    found = [
        weighted_product(x, y, weight, form, plan),
        *path_products(x, y, form, plan),
        grade_squares(x, form, grades),
        scale_grades(x, scale, n, grades),
    ]
    for output in list(found):
        inputs = [x, y, weight, scale]
        grads = torch.autograd.grad(
            output, inputs, output.detach().sin(), allow_unused=True, retain_graph=True
        )
        found += [grad for grad in grads if grad is not None]
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "grades"), GRADES)
def test_kernels_give_what_torch_gives(n: int, grades, dtype: torch.dtype) -> None:
    if native.kernels_for(torch.ones(1)) is None:
        pytest.skip("there is no C compiler here")
    compiled = outputs(n, grades, dtype)
    native.allow(False)
    assert native.kernels_for(torch.ones(1)) is None
    plain = outputs(n, grades, dtype)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-13
    assert len(compiled) == len(plain)
    for mine, theirs in zip(compiled, plain, strict=True):
        assert relative_error(mine, theirs) < tolerance


def test_a_failing_compiler_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    native._library.cache_clear()
    try:
        assert native.kernels_for(torch.ones(1)) is None
        assert len(outputs(3, (0, 1, 2, 3), torch.float32)) > 6
    finally:
        native._library.cache_clear()


def test_a_cache_that_others_can_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "geoframe" / "cgenn"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    native._library.cache_clear()
    try:
        assert native.kernels_for(torch.ones(1)) is None
        assert list(folder.iterdir()) == []
    finally:
        native._library.cache_clear()


def test_another_processor_compiles_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def compiled(_compiler: str, _source: str, path: Path) -> None:
        asked.append(path.name)
        raise OSError

    monkeypatch.setattr(native, "_compile", compiled)
    monkeypatch.setattr(native.shutil, "which", lambda _: "cc")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    try:
        for flags in ("flags : sse2", "flags : sse2 avx2", "flags : sse2"):
            monkeypatch.setattr(native, "_instructions", lambda flags=flags: flags)
            native._library.cache_clear()
            assert native.kernels_for(torch.ones(1)) is None
    finally:
        native._library.cache_clear()
    assert asked[0] == asked[2] != asked[1]
