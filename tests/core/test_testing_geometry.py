"""The kit catches geometries that break their promises, each by the check of the right name."""

import copy
import math
import random

import numpy as np
import pytest
import torch
from torch import nn

from geoframe import Geometry, Promise
from geoframe.testing import GEOMETRY_CHECKS, check_geometry


class Good(Geometry):
    """Scaled Euclidean space with everything that a geometry may offer."""

    def __init__(self, dim=3):
        super().__init__(dim)
        self.log_scale = nn.Parameter(torch.tensor(0.1))

    def distance(self, x, y):
        return self.log_scale.exp() * torch.linalg.vector_norm(x - y, dim=-1)

    def order_gap(self, x, y):
        return (x - y)[..., -2:]

    def precedes(self, x, y):
        return (self.order_gap(x, y) <= 0).all(-1)

    def expmap0(self, tangent):
        return tangent

    def logmap0(self, x):
        return x

    def inner(self, x, y):
        return (x * y).sum(-1)

    def matrix(self):
        return torch.eye(self.dim, dtype=self.log_scale.dtype)

    def isometry(self, generator):
        return torch.randn(self.dim, generator=generator).to(self.log_scale)

    def act(self, isometry, x):
        axis = isometry / isometry.norm()
        return 2 * (x @ axis).unsqueeze(-1) * axis - x

    def sectional_curvature(self):
        return torch.zeros(())

    def rescale_(self, factor):
        with torch.no_grad():
            self.log_scale += math.log(factor)


class Asymmetric(Good):
    def distance(self, x, y):
        return super().distance(x, y) * (1 + x[..., 0].sigmoid() / 10)


class Negative(Good):
    def distance(self, x, y):
        return super().distance(x, y) - 0.1


class NeverZero(Good):
    def distance(self, x, y):
        return (super().distance(x, y) ** 2 + 0.01).sqrt()


class OverlooksACoordinate(Good):
    def distance(self, x, y):
        return super().distance(x[..., 1:], y[..., 1:])


class Squared(Good):
    def distance(self, x, y):
        return super().distance(x, y) ** 2


class SquaredAndSaysSo(Squared):
    @property
    def promise(self):
        return Promise(relaxation=2.0)

    sectional_curvature = None  # no length space

    def rescale_(self, factor):
        super().rescale_(math.sqrt(factor))


class ImpossiblePromise(Good):
    @property
    def promise(self):
        return Promise(relaxation=0.5)


class RootWithoutCare(Good):
    def distance(self, x, y):
        return self.log_scale.exp() * ((x - y) ** 2).sum(-1).sqrt()


class Overflowing(Good):
    def distance(self, x, y):
        return super().distance(x, y).cosh().acosh()


class AlwaysFloat32(Good):
    def distance(self, x, y):
        return super().distance(x, y).float()


class NoBroadcast(Good):
    def distance(self, x, y):
        return super().distance(x.reshape(-1, 3), y.reshape(-1, 3))


class WrongShape(Good):
    def project(self, raw):
        return torch.cat([raw, raw[..., :1]], dim=-1)


class InfinitePoints(Good):
    def project(self, raw):
        return raw.exp()


class PairwiseByProducts(Good):
    def pairwise(self, x, y, *, memory_budget=0):
        squares = (x**2).sum(-1, keepdim=True) + (y**2).sum(-1) - 2 * x @ y.T
        return self.log_scale.exp() * squares.clamp_min(1e-6).sqrt()


class PairwiseWithoutGradient(Good):
    def pairwise(self, x, y, *, memory_budget=0):
        return super().pairwise(x, y).detach() + 0 * x.sum()


class PairwiseNeedsPoints(Good):
    def pairwise(self, x, y, *, memory_budget=0):
        return torch.stack([self.distance(row, y) for row in x])


class HalfGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient / 2


class WrongGradient(Good):
    def distance(self, x, y):
        return HalfGradient.apply(super().distance(x, y))


class CutOff(Good):
    def distance(self, x, y):
        return super().distance(x, y).detach()


class Torchrandom(Good):
    def distance(self, x, y):
        torch.rand(1)
        return super().distance(x, y)


class Numpyrandom(Good):
    def distance(self, x, y):
        np.random.rand()
        return super().distance(x, y)


class Pythonrandom(Good):
    def project(self, raw):
        random.random()
        return super().project(raw)


class Meddling(Good):
    def project(self, raw):
        with torch.no_grad():
            raw.clamp_(-0.1, 0.1)
        return super().project(raw)


class HiddenState(Good):
    def __init__(self):
        super().__init__()
        self.hidden = torch.rand(()).item()

    def distance(self, x, y):
        return self.hidden * super().distance(x, y)


class TiedState(Good):
    def __init__(self):
        super().__init__()
        self.register_parameter("again", self.log_scale)


class OwnSeed(Good):
    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.log_scale.fill_(random.SystemRandom().random())


class SharedCopies(Good):
    def __deepcopy__(self, memo):
        return self


class StrictOrder(Good):
    def precedes(self, x, y):
        return (self.order_gap(x, y) < 0).all(-1)


class LateOrder(Good):
    def order_gap(self, x, y):
        return super().order_gap(x, y) + 0.1


class CyclicOrder(Good):
    def order_gap(self, x, y):
        return (x - y)[..., :1].sin()


class TolerantOrder(Good):
    def order_gap(self, x, y):
        return (x - y)[..., :1].abs() - 1


class GapWithoutAxis(Good):
    def order_gap(self, x, y):
        return (x - y)[..., 0]


class DoubleLogarithm(Good):
    def logmap0(self, x):
        return 2 * x


class SkewForm(Good):
    def inner(self, x, y):
        return x[..., 0] * y[..., 1]


class QuadraticForm(Good):
    def inner(self, x, y):
        return (x * y).sum(-1) ** 2


class MakesNumbersOnTheCPU(Good):
    def distance(self, x, y):
        weights = torch.ones(self.dim, device="cpu", dtype=x.dtype)
        return super().distance(weights * x, weights * y)


class AllDifferencesAtOnce(Good):
    def pairwise(self, x, y, *, memory_budget=0):
        return self.distance(x.unsqueeze(1), y.unsqueeze(0))


class RemembersItsScale(Good):
    def distance(self, x, y):
        if not hasattr(self, "kept"):
            self.kept = float(self.log_scale.detach().exp())
        return self.kept * torch.linalg.vector_norm(x - y, dim=-1) + 0 * self.log_scale


class OtherMatrix(Good):
    def matrix(self):
        return 2 * super().matrix()


class CurvedOnPaper(Good):
    def sectional_curvature(self):
        return torch.tensor(-1.0)


class KeepsItsUnit(Good):
    def rescale_(self, factor):
        pass


class Stretches(Good):
    def act(self, isometry, x):
        return 1.01 * super().act(isometry, x)


class DrawsAsItLikes(Good):
    def isometry(self, generator):
        return super().isometry(None)


BROKEN = {
    Asymmetric: {"distance_is_symmetric"},
    Negative: {"distance_is_nonnegative", "distance_of_coincident_points_is_zero"},
    NeverZero: {"distance_of_coincident_points_is_zero"},
    OverlooksACoordinate: {"distance_of_distinct_points_is_positive"},
    Squared: {"triangle_inequality_holds"},
    ImpossiblePromise: {"promise_is_well_formed", "triangle_inequality_holds"},
    RootWithoutCare: {
        "gradients_are_finite_at_coincident_points",
        "gradients_are_finite_through_project",
    },
    Overflowing: {"project_gives_valid_points", "gradients_are_finite_at_far_points"},
    AlwaysFloat32: {"dtype_is_kept"},
    NoBroadcast: {"distance_broadcasts"},
    WrongShape: {"project_has_point_shape"},
    InfinitePoints: {"project_gives_valid_points"},
    PairwiseByProducts: {"pairwise_equals_distance"},
    PairwiseWithoutGradient: {"gradients_of_pairwise_are_those_of_distance"},
    PairwiseNeedsPoints: {"pairwise_takes_empty_sets"},
    WrongGradient: {"gradients_are_right"},
    CutOff: {"gradients_are_finite_at_far_points", "gradients_are_right"},
    Torchrandom: {"distance_draws_no_random_numbers"},
    Numpyrandom: {"distance_draws_no_random_numbers"},
    Pythonrandom: {"distance_draws_no_random_numbers"},
    Meddling: {"inputs_are_left_alone"},
    HiddenState: {"state_dict_round_trip", "safetensors_round_trip"},
    TiedState: {"safetensors_round_trip"},
    OwnSeed: {"construction_is_deterministic"},
    SharedCopies: {"deepcopy_is_independent"},
    StrictOrder: {"order_agrees_with_its_gaps", "order_is_reflexive"},
    LateOrder: {"order_is_reflexive"},
    CyclicOrder: {"order_is_transitive"},
    TolerantOrder: {"order_is_antisymmetric", "order_is_transitive"},
    GapWithoutAxis: {"order_agrees_with_its_gaps"},
    DoubleLogarithm: {"tangent_maps_are_inverse"},
    SkewForm: {"bilinear_form_is_symmetric_and_linear"},
    QuadraticForm: {"bilinear_form_is_symmetric_and_linear"},
    MakesNumbersOnTheCPU: {"nothing_is_made_on_the_cpu"},
    AllDifferencesAtOnce: {"pairwise_keeps_to_its_budget"},
    RemembersItsScale: {
        "outputs_follow_the_parameters",
        "rescaling_multiplies_distances",
    },
    OtherMatrix: {"bilinear_form_is_symmetric_and_linear"},
    CurvedOnPaper: {"curvature_shows_in_small_triangles"},
    KeepsItsUnit: {"rescaling_multiplies_distances"},
    Stretches: {"isometries_keep_distances"},
    DrawsAsItLikes: {"isometries_follow_their_generator"},
}


@pytest.mark.parametrize("geometry", [Good, SquaredAndSaysSo])
def test_a_sound_geometry_passes(geometry):
    report = check_geometry(geometry)
    assert report.ok, str(report)
    skipped = {outcome.name for outcome in report.outcomes if outcome.status == "skipped"}
    assert skipped <= {"device_is_kept", "curvature_shows_in_small_triangles"}
    assert len(report.outcomes) == len(GEOMETRY_CHECKS)


@pytest.mark.parametrize("geometry", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_promise_is_caught_by_name(geometry):
    failed = {outcome.name for outcome in check_geometry(geometry).failures}
    assert failed >= BROKEN[geometry]


def test_every_check_is_known_to_catch_something():
    caught = set().union(*BROKEN.values())
    assert {check.__name__ for check in GEOMETRY_CHECKS} - caught == {"device_is_kept"}


def test_checks_that_do_not_apply_say_why():
    class OnlyDistance(Geometry):
        @property
        def promise(self):
            return Promise(symmetric=False, nonnegative=False, identity=False, relaxation=None)

        def distance(self, x, y):
            return (x - y).sum(-1)

    report = check_geometry(lambda: OnlyDistance(2))
    assert report.ok, str(report)
    reasons = {each.name: each.reason for each in report.outcomes if each.status == "skipped"}
    assert reasons["triangle_inequality_holds"] == "a triangle inequality is not promised"
    assert reasons["order_is_transitive"] == "has no order_gap and precedes"


def test_an_object_is_copied_and_left_alone():
    geometry = Good()
    before = copy.deepcopy(geometry.state_dict())
    report = check_geometry(geometry)
    assert report.ok, str(report)
    assert all(torch.equal(before[name], value) for name, value in geometry.state_dict().items())
    assert all(parameter.grad is None for parameter in geometry.parameters())
    skipped = {each.name for each in report.outcomes if each.status == "skipped"}
    assert "construction_is_deterministic" in skipped


def test_a_factory_that_fails_fails_every_check():
    def make():
        raise OSError("no weights here")

    report = check_geometry(make)
    assert len(report.failures) == report.number_run >= math.ceil(0.9 * len(GEOMETRY_CHECKS))
    assert "OSError: no weights here" in report.failures[0].reason


def test_something_else_is_refused():
    with pytest.raises(TypeError, match="expected a Geometry"):
        check_geometry(nn.Linear(2, 2))
