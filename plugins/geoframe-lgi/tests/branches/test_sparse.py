import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, random_array

from geoframe_lgi.branches.sparse import DenseMatrix, SparseMatrix, fixed_matrix, left_out


def some_matrix() -> csr_array:
    dense = random_array((12, 30), density=0.1, dtype=np.float32, rng=0).toarray()
    dense[3] = 0  # a row without entries
    return csr_array(dense)


def test_sparse_products_and_gradients_are_the_dense_ones() -> None:
    matrix = some_matrix()
    results = []
    for each in (SparseMatrix(matrix), DenseMatrix(matrix.toarray())):
        x = torch.linspace(-1, 1, 60).reshape(30, 2).requires_grad_()
        product = each(x)
        (product * torch.arange(24.0).reshape(12, 2)).sum().backward()
        results.append((product, x.grad))
    for sparse, dense in zip(*results, strict=True):
        assert torch.allclose(sparse, dense, atol=1e-5)


def test_what_is_left_out_of_a_product_is_left_out_of_its_gradient() -> None:
    module = SparseMatrix(some_matrix())
    x = torch.ones(30, 1, requires_grad=True)
    product = module(x, dropout=0.5)
    assert not torch.allclose(product, module(x))
    product.sum().backward()
    assert x.grad is not None
    assert float(x.grad.sum()) == pytest.approx(float(product.detach().sum()), rel=1e-5)


def test_the_mean_stays_when_values_are_left_out() -> None:
    torch.manual_seed(0)
    for share in (0.2, 0.5):
        values, factor = left_out(torch.ones(200_000), share)
        assert float((values == 0).float().mean()) == pytest.approx(share, abs=0.01)
        assert float(values.mean() * factor) == pytest.approx(1.0, abs=0.01)
    assert left_out(torch.ones(3), 0.0)[1] == 1.0


def test_dense_matrices_stay_dense() -> None:
    assert isinstance(fixed_matrix(np.ones((4, 4), dtype=np.float32)), DenseMatrix)
    assert isinstance(fixed_matrix(np.eye(9, dtype=np.float32)), SparseMatrix)
