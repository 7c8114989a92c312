"""Every layer commutes with the isometries of its form and has the published parameters."""

import math

import pytest
import torch
from cgenn_cases import FORMS, isometry, moved, relative_error
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.layers.activation import MVSiLU
from geoframe_cgenn.layers.block import CliffordMLP
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.layers.normalization import GradeNormalization, MVLayerNorm
from geoframe_cgenn.layers.products import FullyConnectedProduct, GeometricProduct

LAYERS = {
    "normalization": lambda n: GradeNormalization(n, 3),
    "layer norm": lambda n: MVLayerNorm(n, 3),
    "activation": lambda n: MVSiLU(n, 3),
    "product": lambda n: GeometricProduct(n, 3),
    "fully connected": lambda n: FullyConnectedProduct(n, 3, 2),
    "without normalization": lambda n: GeometricProduct(n, 3, normalize=False),
    "blocks": lambda n: CliffordMLP(n, 3, 4),
}


def random_parameters(layer: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    return layer.double()


def features(n: int, grades: tuple[int, ...] | None = None, channels: int = 3) -> Tensor:
    rows = blades(n).positions(grades or blades(n).all_grades)
    return torch.randn(len(rows), 5, channels, dtype=torch.float64)


def form_of(squares: tuple[float, ...]) -> DiagonalForm:
    return DiagonalForm(torch.tensor(squares, dtype=torch.float64))


@pytest.mark.parametrize("squares", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_layer_commutes_with_isometries(make, squares: tuple[float, ...]) -> None:
    form = form_of(squares)
    layer = random_parameters(make(form.n))
    s = isometry(torch.diag(form.squares))
    x = features(form.n)
    assert relative_error(layer(moved(s, x), form), moved(s, layer(x, form))) < 1e-10


def test_layer_does_not_commute_with_rotations_of_another_form() -> None:
    form = form_of((3.0, 1.0, 0.4))
    layer = random_parameters(GeometricProduct(3, 3))
    s = isometry(torch.eye(3))
    x = features(3)
    assert relative_error(layer(moved(s, x), form), moved(s, layer(x, form))) > 1e-2


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_layer_follows_the_form_it_is_given(make) -> None:
    layer, x = random_parameters(make(3)), features(3)
    euclid = layer(x, form_of((1.0, 1.0, 1.0)))
    assert relative_error(layer(x, form_of((2.0, 1.0, 0.5))), euclid) > 1e-3


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "blocks"])
@pytest.mark.parametrize("squares", [(1.0, -0.6), (1.0, 1.0, 0.0)])
def test_gradients_for_features_parameters_and_form(name: str, squares: tuple[float, ...]) -> None:
    n = len(squares)
    layer = random_parameters(LAYERS[name](n))
    x = features(n).requires_grad_()
    values = torch.tensor(squares, dtype=torch.float64, requires_grad=True)

    def output(x: Tensor, values: Tensor, *_: Tensor) -> Tensor:
        return layer(x, DiagonalForm(values))

    assert torch.autograd.gradcheck(
        output, (x, values, *layer.parameters()), check_undefined_grad=False, fast_mode=True
    )


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", [GeometricProduct, FullyConnectedProduct])
def test_product_equals_the_dense_einsum(kind, n: int) -> None:
    layer = random_parameters(kind(n, 3) if kind is GeometricProduct else kind(n, 3, 2))
    form = form_of((1.0, -0.5, 2.0, 1.0, -1.0)[:n])
    x = features(n)
    right = layer.normalization(layer.right(x), form)
    tables = blades(n)
    grade = tables.grades.tolist()
    numbers = torch.zeros(2**n, 2**n, 2**n, dtype=torch.int64)
    for (i, k), j in zip(
        ((i, k) for i in range(2**n) for k in range(2**n)), tables.result.reshape(-1), strict=True
    ):
        numbers[i, j, k] = tables.paths.index((grade[i], grade[j], grade[k]))
    weight = layer.weight[numbers]
    if kind is GeometricProduct:
        second = torch.einsum("ibc,ijk,ijkc,kbc->jbc", x, form.cayley(), weight, right)
    else:
        second = torch.einsum("ibc,ijk,ijkco,kbc->jbo", x, form.cayley(), weight, right)
    expected = (layer.left(x) + second) / math.sqrt(2)
    assert relative_error(layer(x, form), expected) < 1e-12
    single = layer.float()(x.float(), DiagonalForm(form.squares.float()))
    assert relative_error(single.double(), expected) < 1e-5


@pytest.mark.parametrize(("grades", "wanted"), [((1,), (0, 2)), ((0, 1, 3), (1, 3)), ((2,), None)])
@pytest.mark.parametrize("kind", [GeometricProduct, FullyConnectedProduct])
def test_masks_leave_the_values_as_they_are(kind, grades, wanted) -> None:
    channels = (3,) if kind is GeometricProduct else (3, 2)
    masked = random_parameters(kind(3, *channels, grades=grades, out_grades=wanted))
    whole = random_parameters(kind(3, *channels))
    whole.load_state_dict(masked.state_dict())
    form = form_of((1.0, -0.5, 2.0))
    part = features(3, grades)
    full = torch.zeros(8, 5, 3, dtype=torch.float64)
    full[blades(3).positions(grades)] = part
    out = masked(part, form)
    rows = blades(3).positions(masked.out_grades)
    assert torch.allclose(out, whole(full, form)[rows])
    if wanted is None:
        missing = [at for at in range(8) if at not in rows]
        assert not whole(full, form)[missing].any()


def test_linear_map_and_its_masks() -> None:
    layer = random_parameters(MVLinear(3, 3, 2, grades=(1, 2)))
    x = features(3, (1, 2))
    out = layer(x)
    assert layer.out_grades == (0, 1, 2)
    assert torch.equal(out[0], layer.bias.expand(5, 2))
    assert torch.allclose(out[1:4], x[:3] @ layer.weight[1])
    assert torch.allclose(out[4:], x[3:] @ layer.weight[2])


@pytest.mark.parametrize("squares", [(1.0, -1.0), (1.0, 0.0, 0.0)])
def test_null_vectors_give_finite_values_and_gradients(squares: tuple[float, ...]) -> None:
    form = form_of(squares)
    layer = random_parameters(CliffordMLP(form.n, 3, 3))
    x = torch.zeros(2**form.n, 4, 3, dtype=torch.float64)
    x[1:3] = 1.0
    x.requires_grad_()
    out = layer(x, form)
    torch.autograd.backward(out.square().sum())
    assert out.isfinite().all()
    assert x.grad.isfinite().all()


def test_eight_dimensions_run() -> None:
    layer = GeometricProduct(8, 2, grades=(0, 1, 2), out_grades=(0, 1, 2))
    x = torch.randn(37, 3, 2)
    assert layer(x, DiagonalForm(torch.ones(8))).shape == (37, 3, 2)
