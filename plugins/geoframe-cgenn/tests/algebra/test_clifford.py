"""The algebra against its definitions and against tables written by hand, in float64."""

import itertools

import pytest
import torch

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.clifford import CliffordAlgebra
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.algebra.outermorphism import compound_matrices, outermorphism

MOST = {1: 4, 2: 10, 3: 20, 4: 35, 5: 56}


def symmetric(n: int, seed: int = 0) -> torch.Tensor:
    a = torch.randn(n, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return a + a.T


def multivectors(n: int, *leading: int, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*leading, 2**n, dtype=torch.float64, generator=generator)


def close(x: torch.Tensor, y: torch.Tensor, relative: float = 1e-12) -> bool:
    return bool((x - y).abs().max() <= relative * (1 + y.abs().max()))


def test_blades_are_in_short_lex_order() -> None:
    assert blades(3).bitmaps == (0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111)
    assert [blades(4).slice(m) for m in range(5)] == [
        slice(0, 1), slice(1, 5), slice(5, 11), slice(11, 15), slice(15, 16)
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "count"), MOST.items())
def test_number_of_grade_paths(n: int, count: int) -> None:
    assert len(blades(n).paths) == count


@pytest.mark.parametrize("n", range(1, 6))
def test_paths_are_those_of_the_table_when_no_square_is_zero(n: int) -> None:
    cayley = DiagonalForm(torch.full((n,), 0.7, dtype=torch.float64)).cayley()
    slices = [blades(n).slice(m) for m in range(n + 1)]
    found = tuple(
        (i, j, k)
        for i, j, k in itertools.product(range(n + 1), repeat=3)
        if cayley[slices[i], slices[j], slices[k]].abs().sum() > 0
    )
    assert found == blades(n).paths


@pytest.mark.parametrize("n", [0, 9])
def test_other_dimensions_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match="1 to 8 components"):
        blades(n)


def test_table_of_euclidean_space() -> None:
    # Rows and columns: 1 e1 e2 e3 e12 e13 e23 e123; written by hand.
    one, e1, e2, e3, e12, e13, e23, e123 = range(8)
    hand = {
        (e1, e2): (e12, 1), (e2, e1): (e12, -1), (e1, e12): (e2, 1), (e12, e1): (e2, -1),
        (e1, e13): (e3, 1), (e2, e12): (e1, -1), (e2, e23): (e3, 1), (e3, e13): (e1, -1),
        (e3, e23): (e2, -1), (e12, e12): (one, -1), (e13, e13): (one, -1), (e12, e23): (e13, 1),
        (e23, e12): (e13, -1), (e13, e23): (e12, -1), (e1, e23): (e123, 1), (e2, e13): (e123, -1),
        (e123, e123): (one, -1), (e123, e1): (e23, 1), (e1, e123): (e23, 1), (e2, e123): (e13, -1),
    }  # fmt: skip
    algebra = CliffordAlgebra(torch.eye(3, dtype=torch.float64))
    unit = torch.eye(8, dtype=torch.float64)
    for (left, right), (result, sign) in hand.items():
        assert torch.equal(algebra.product(unit[left], unit[right]), sign * unit[result])


@pytest.mark.parametrize("n", range(2, 7))
def test_vectors_anticommute_up_to_the_form(n: int) -> None:
    matrix = symmetric(n)
    algebra = CliffordAlgebra(matrix)
    basis = algebra.embed(torch.eye(n, dtype=torch.float64), 1)
    forth = algebra.product(basis.unsqueeze(1), basis)
    expected = torch.zeros_like(forth)
    expected[..., 0] = 2 * matrix
    assert close(forth + forth.transpose(0, 1), expected)


@pytest.mark.parametrize("n", range(1, 7))
def test_product_is_associative(n: int) -> None:
    algebra = CliffordAlgebra(symmetric(n))
    x, y, z = multivectors(n, 3, 5)
    left = algebra.product(algebra.product(x, y), z)
    assert close(left, algebra.product(x, algebra.product(y, z)))


def test_degenerate_form() -> None:
    algebra = CliffordAlgebra(torch.diag(torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=torch.float64)))
    x, y, z = multivectors(4, 3, 5)
    left = algebra.product(algebra.product(x, y), z)
    assert close(left, algebra.product(x, algebra.product(y, z)))
    null = algebra.embed(torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64), 1)
    assert torch.equal(algebra.product(null, null), torch.zeros_like(null))


def test_eight_dimensions() -> None:
    algebra = CliffordAlgebra(symmetric(8))
    x, y, z = multivectors(8, 3)
    left = algebra.product(algebra.product(x, y), z)
    assert close(left, algebra.product(x, algebra.product(y, z)))


@pytest.mark.parametrize("n", range(2, 6))
def test_frame_and_eigenbasis_give_one_product(n: int) -> None:
    """Route F = route E: a congruence to +-1 gives the product of the eigenbasis."""
    matrix = symmetric(n)
    squares, vectors = torch.linalg.eigh(matrix)
    frame = squares.abs().sqrt().diag() @ vectors.T
    x, y = multivectors(n, 2, 6)
    inner = CliffordAlgebra(squares.sign().diag())
    moved = inner.product(inner.transform(frame, x), inner.transform(frame, y))
    back = inner.transform(torch.linalg.inv(frame), moved)
    assert close(back, CliffordAlgebra(matrix).product(x, y), 1e-10)


@pytest.mark.parametrize("n", range(1, 6))
def test_compound_matrices_are_multiplicative(n: int) -> None:
    a, b = symmetric(n, 2), symmetric(n, 3) + torch.eye(n, dtype=torch.float64)
    assert close(outermorphism(a @ b), outermorphism(a) @ outermorphism(b))
    assert close(outermorphism(a.T), outermorphism(a).T)
    assert close(compound_matrices(a)[n], torch.linalg.det(a).reshape(1, 1))


def test_compound_matrices_have_exact_gradients_at_a_singular_matrix() -> None:
    singular = torch.ones(3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(outermorphism, singular)


@pytest.mark.parametrize("n", range(2, 6))
def test_form_is_that_of_the_compound_matrix(n: int) -> None:
    matrix = symmetric(n)
    algebra = CliffordAlgebra(matrix)
    x, y = multivectors(n, 2, 4)
    gram = outermorphism(matrix)
    assert close(algebra.bilinear(x, y), torch.einsum("bi,ij,bj->b", x, gram, y))
    scalar_part = algebra.product(algebra.reversion(x), y)[..., 0]
    assert close(algebra.bilinear(x, y), scalar_part)


@pytest.mark.parametrize("factors", [1, 2, 3])
@pytest.mark.parametrize("n", range(2, 6))
def test_versors_act_as_isometries(n: int, factors: int) -> None:
    matrix = symmetric(n, 4) + 0.3 * torch.eye(n, dtype=torch.float64)
    algebra = CliffordAlgebra(matrix)
    vectors = torch.eye(n, dtype=torch.float64)[: min(factors, n)] + 0.1
    versor = algebra.versor(vectors)
    x, y = multivectors(n, 2, 4)
    acted = algebra.act(versor, x)
    assert close(algebra.form(acted), algebra.form(x), 1e-9)
    assert close(
        algebra.act(versor, algebra.product(x, y)),
        algebra.product(acted, algebra.act(versor, y)),
        1e-8,
    )
    isometry = torch.eye(n, dtype=torch.float64)
    for vector in vectors:
        dual = matrix @ vector
        isometry = isometry @ (
            torch.eye(n, dtype=torch.float64) - 2 * torch.outer(vector, dual) / (vector @ dual)
        )
    assert close(acted, algebra.transform(isometry, x), 1e-8)
    assert close(isometry.T @ matrix @ isometry, matrix, 1e-9)


def test_conjugations_reverse_and_preserve_products() -> None:
    algebra = CliffordAlgebra(symmetric(4))
    x, y = multivectors(4, 2, 3)
    product = algebra.product(x, y)
    assert close(
        algebra.reversion(product), algebra.product(algebra.reversion(y), algebra.reversion(x))
    )
    assert close(
        algebra.involution(product), algebra.product(algebra.involution(x), algebra.involution(y))
    )
    assert close(algebra.conjugation(x), algebra.reversion(algebra.involution(x)), 0)


def test_gradients_and_dtypes() -> None:
    algebra = CliffordAlgebra(symmetric(3))
    x, y = multivectors(3, 2, 2).requires_grad_()
    assert torch.autograd.gradcheck(algebra.product, (x, y))
    single = algebra.float()
    assert single.product(x.float(), y.float()).dtype == torch.float32


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (torch.ones(2, 3), "square"),
        (torch.tensor([[1.0, 2.0], [3.0, 4.0]]), "symmetric"),
        (torch.tensor([[0, 1], [1, 0]]), "float32 or float64, not torch.int64"),
        (torch.tensor([[float("nan")]]), "not finite"),
    ],
)
def test_other_matrices_are_refused(matrix: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CliffordAlgebra(matrix)
