"""Whole models: published sizes, equivariance for every kind of metric, invariances of sets."""

import attrs
import pytest
import torch
from cgenn_cases import isometry, relative_error
from torch import Tensor, nn

from geoframe_cgenn.metric.learned import FixedMetric, FrameMetric, Metric, SpectralMetric
from geoframe_cgenn.models.jets import JetNetwork
from geoframe_cgenn.models.network import CliffordNetwork
from geoframe_cgenn.models.particles import Particles, particles
from geoframe_cgenn.models.published import HullNetwork, PairNetwork, VolumeNetwork
from geoframe_cgenn.models.shape import Shape


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def full_matrix(n: int, signs: tuple[float, ...] = ()) -> Tensor:
    """A full symmetric matrix with the given signs (all positive by default)."""
    generator = torch.Generator().manual_seed(n)
    frame = torch.eye(n, dtype=torch.float64)
    frame = frame + 0.3 * torch.randn(n, n, dtype=torch.float64, generator=generator)
    eta = torch.tensor(signs or (1.0,) * n, dtype=torch.float64)
    return frame.T @ (eta.unsqueeze(1) * frame)


METRICS = {
    "diagonal": lambda n: FixedMetric(torch.diag(torch.linspace(0.5, 2, n, dtype=torch.float64))),
    "full": lambda n: FixedMetric(full_matrix(n)),
    "indefinite": lambda n: FixedMetric(full_matrix(n, (1.0,) * (n - 1) + (-1.0,))),
    "frame": lambda n: FrameMetric(full_matrix(n), noise=0.1),
    "free": lambda n: SpectralMetric(full_matrix(n), noise=0.1),
}
SHAPE = Shape(scalars=1, vectors=2, channels=4, layers=2)


def network(metric: Metric, **options: object) -> CliffordNetwork:
    torch.manual_seed(0)
    values = {"scalars": 1, "vectors": 2, "channels": 4, "layers": 2, **options}
    return CliffordNetwork(Shape(**values), metric).double()


def batch(n: int, *, pairs: bool = False, vectors: int = 2) -> Particles:
    generator = torch.Generator().manual_seed(1)
    scalars = torch.randn(9, 1, dtype=torch.float64, generator=generator)
    rows = torch.randn(9, vectors, n, dtype=torch.float64, generator=generator)
    return particles(scalars, rows, torch.tensor([2, 4, 3]), pairs=pairs)


def with_vectors(rows: Particles, vectors: Tensor) -> Particles:
    pairs = len(rows.receivers) > 0
    return particles(rows.scalars, vectors, rows.sizes, pairs=pairs)


def test_numbers_of_parameters_are_the_published() -> None:
    assert count(VolumeNetwork(FixedMetric(torch.eye(3)))) == 48_913
    assert count(HullNetwork(FixedMetric(torch.eye(5)))) == 58_849
    assert count(PairNetwork(FixedMetric(torch.eye(5)))) == 344_077
    shape = Shape(scalars=1, vectors=2, channels=28, layers=3, messages="pairs", outputs=0)
    assert count(CliffordNetwork(shape, FixedMetric(torch.eye(3)))) == 134_625
    shape = Shape(network="jets", scalars=2, vectors=1, channels=8, layers=4, hidden=72)
    shape = attrs.evolve(shape, outputs=2, of_sets=True)
    assert count(JetNetwork(shape, FixedMetric(torch.eye(4)))) == 320_594


@pytest.mark.parametrize("n", range(2, 7))
@pytest.mark.parametrize("make", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize("messages", ["none", "pairs", "pooled"])
def test_networks_commute_with_isometries(messages: str, make, n: int) -> None:
    metric = make(n)
    rows = batch(n, pairs=messages == "pairs")
    s = isometry(metric.matrix().detach())
    moved = with_vectors(rows, rows.vectors @ s.T)
    normalize = "indefinite" not in repr(make)
    for options in ({"outputs": 2}, {"outputs": 0}, {"outputs": 0, "of_sets": True}):
        model = network(metric, messages=messages, normalize=normalize, **options)
        straight = model(rows)
        expected = straight @ s.T if options["outputs"] == 0 else straight
        assert relative_error(model(moved), expected) < 1e-10


@pytest.mark.parametrize("make", METRICS.values(), ids=METRICS)
def test_published_networks_commute_with_isometries(make) -> None:
    metric = make(3)
    s = isometry(metric.matrix().detach())
    torch.manual_seed(0)
    vectors = torch.randn(6, 3, 3, dtype=torch.float64)
    volume = VolumeNetwork(metric, channels=8).double()
    expected = torch.linalg.det(s) * volume(vectors)
    assert relative_error(volume(vectors @ s.T), expected) < 1e-10
    for model in (
        HullNetwork(metric, points=3, channels=8).double(),
        PairNetwork(metric, vectors=3, hidden=8).double(),
    ):
        assert relative_error(model(vectors @ s.T), model(vectors)) < 1e-10


@pytest.mark.parametrize("make", METRICS.values(), ids=METRICS)
def test_the_network_for_jets_commutes_with_isometries(make) -> None:
    metric = make(4)
    s = isometry(metric.matrix().detach())
    shape = Shape(network="jets", scalars=1, vectors=2, channels=3, layers=2, of_sets=True)
    torch.manual_seed(0)
    model = JetNetwork(attrs.evolve(shape, outputs=2, hidden=6), metric).double()
    rows = batch(4, pairs=True)
    model(rows)  # batch norms see something
    model.eval()
    straight = model(rows)
    assert relative_error(model(with_vectors(rows, rows.vectors @ s.T)), straight) < 1e-10
    order = torch.tensor([1, 0, 5, 2, 4, 3, 8, 6, 7])
    turned = particles(rows.scalars[order], rows.vectors[order], rows.sizes, pairs=True)
    assert relative_error(model(turned), straight) < 1e-10
    alone = particles(rows.scalars[2:6], rows.vectors[2:6], torch.tensor([4]), pairs=True)
    assert relative_error(model(alone), straight[1:2]) < 1e-10
    with pytest.raises(ValueError, match="of each set"):
        JetNetwork(attrs.evolve(shape, of_sets=False), metric)


def test_another_metric_breaks_the_old_symmetry() -> None:
    model = network(FixedMetric(full_matrix(3)), outputs=0)
    rows = batch(3)
    s = isometry(torch.eye(3))
    moved = with_vectors(rows, rows.vectors @ s.T)
    assert relative_error(model(moved), model(rows) @ s.T) > 1e-3


def test_changing_the_metric_changes_every_layer() -> None:
    """The published code reads its metric in the constructor; here it is read in every pass."""
    metric = FrameMetric(torch.eye(3, dtype=torch.float64))
    model = network(metric, messages="pairs", outputs=0)
    seen: list[dict[str, Tensor]] = []

    def record(name: str):
        return lambda module, inputs, output: seen[-1].__setitem__(name, output.detach())

    for name, module in model.named_modules():
        takes_form = type(module).__name__ in (
            "MVSiLU", "GeometricProduct", "MVLayerNorm", "GradeNormalization"
        )  # fmt: skip
        if takes_form:
            module.register_forward_hook(record(name))
    rows = batch(3, pairs=True)
    for factor in (1.0, 1.7):
        seen.append({})
        with torch.no_grad():
            metric.basis.copy_(torch.diag(torch.tensor([factor, 1.0, 1.0])))
        model(rows)
    assert len(seen[0]) == 32
    for name, before in seen[0].items():
        assert relative_error(seen[1][name], before) > 1e-4, name


@pytest.mark.parametrize("kind", ["frame", "free"])
def test_gradient_of_the_metric_is_that_of_finite_differences(kind: str) -> None:
    metric = METRICS[kind](3).double()
    model = network(metric, messages="pairs", outputs=0)
    rows = batch(3, pairs=True)
    parameter = next(iter(metric.parameters()))

    def loss(_: Tensor) -> Tensor:
        return model(rows).square().sum()

    assert torch.autograd.gradcheck(loss, parameter, check_undefined_grad=False)
    (gradient,) = torch.autograd.grad(loss(parameter), parameter)
    assert float(gradient.abs().max()) > 1e-3


def test_gradient_of_a_frame_at_equal_eigenvalues() -> None:
    """Exactly degenerate M: no eigenvectors are taken, so nothing is divided by zero."""
    metric = FrameMetric(torch.eye(3, dtype=torch.float64))
    model = network(metric, outputs=1)
    rows = batch(3)
    assert torch.autograd.gradcheck(
        lambda _: model(rows).sum(), metric.basis, check_undefined_grad=False
    )


def test_order_within_a_set_does_not_matter() -> None:
    order = torch.tensor([1, 0, 5, 2, 4, 3, 8, 6, 7])
    for messages in ("pairs", "pooled"):
        rows = batch(3, pairs=messages == "pairs")
        model = network(FixedMetric(torch.eye(3)), messages=messages, outputs=0)
        turned = particles(
            rows.scalars[order], rows.vectors[order], rows.sizes, pairs=messages == "pairs"
        )
        assert relative_error(model(turned), model(rows)[order]) < 1e-12


def test_sets_do_not_see_each_other() -> None:
    for messages in ("pairs", "pooled"):
        pairs = messages == "pairs"
        rows = batch(3, pairs=pairs)
        model = network(FixedMetric(torch.eye(3)), messages=messages, outputs=2, of_sets=True)
        alone = particles(rows.scalars[2:6], rows.vectors[2:6], torch.tensor([4]), pairs=pairs)
        assert relative_error(model(alone), model(rows)[1:2]) < 1e-12


def test_pairs_of_ragged_sets() -> None:
    rows = batch(3, pairs=True)
    found = list(zip(rows.receivers.tolist(), rows.senders.tolist(), strict=True))
    first, second = [0, 1], [2, 3, 4, 5]
    expected = [(i, j) for s in (first, second, [6, 7, 8]) for i in s for j in s if i != j]
    assert found == expected
    assert rows.partners is None


def test_equal_and_ragged_means_agree() -> None:
    scalars, vectors = torch.randn(6, 1).double(), torch.randn(6, 2, 3).double()
    model = network(FixedMetric(torch.eye(3)), messages="pairs", outputs=0)
    equal = particles(scalars, vectors, torch.tensor([3, 3]), pairs=True)
    assert equal.partners == 2
    ragged = particles(
        torch.cat([scalars, scalars[:2]]),
        torch.cat([vectors, vectors[:2]]),
        torch.tensor([3, 3, 2]),
        pairs=True,
    )
    assert relative_error(model(ragged)[:6], model(equal)) < 1e-12


def test_equal_metrics_per_layer_are_one_metric() -> None:
    shape = Shape(scalars=1, vectors=2, channels=4, layers=2, outputs=0)
    torch.manual_seed(0)
    one = CliffordNetwork(shape, FixedMetric(full_matrix(3))).double()
    torch.manual_seed(0)
    three = CliffordNetwork(shape, *(FixedMetric(full_matrix(3)) for _ in range(3))).double()
    rows = batch(3)
    assert relative_error(three(rows), one(rows)) < 1e-10
    # The same form in another frame: features are carried over, so nothing changes.
    turned = isometry(torch.diag(three.metric(1).signs))
    three.metric(1).basis.copy_(turned @ three.metric(1).basis)
    assert relative_error(three(rows), one(rows)) < 1e-10


def test_a_wrong_number_of_metrics_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or 3 metrics"):
        CliffordNetwork(SHAPE, FixedMetric(torch.eye(3)), FixedMetric(torch.eye(3)))


def test_degenerate_form_runs() -> None:
    model = network(FixedMetric(torch.diag(torch.tensor([1.0, 1.0, 0.0]))), normalize=False)
    answers = model(batch(3))
    assert answers.isfinite().all()
