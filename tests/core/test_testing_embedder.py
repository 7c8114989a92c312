"""The kit catches broken embedders, each by the check of the right name."""

import pytest
import torch
from torch import nn

from geoframe import Embedder
from geoframe.embedders.mlp import MLP
from geoframe.embedders.table import Table
from geoframe.testing import EMBEDDER_CHECKS, check_embedder


class Linear(Embedder):
    def __init__(self):
        super().__init__(6, 3)
        self.linear = nn.Linear(6, 3)

    def forward(self, items):
        return self.linear(items)


class Rows(Table):
    def __init__(self):
        super().__init__(6, 3)


class OneRowTooFew(Linear):
    def forward(self, items):
        return super().forward(items)[:-1]


class Float32(Linear):
    def forward(self, items):
        return super().forward(items).float()


class NoisyInEval(Linear):
    def forward(self, items):
        return nn.functional.dropout(super().forward(items), 0.5, training=True)


class BatchDependent(Linear):
    def forward(self, items):
        raw = super().forward(items)
        return raw + torch.arange(len(raw), dtype=raw.dtype).unsqueeze(1)


class DeadParameter(Linear):
    def __init__(self):
        super().__init__()
        self.dead = nn.Parameter(torch.ones(3))


class FixedFeatures(Linear):
    def forward(self, items):
        if len(items) and items.abs().max() > 6:
            raise KeyError("unknown item")
        return super().forward(items)


class AnyIdentifier(Rows):
    def forward(self, items):
        return super().forward(items % self.in_features)


class HiddenTable(Embedder):
    inductive = False

    def __init__(self):
        super().__init__(6, 3)
        self.rows = torch.randn(6, 3)
        self.shift = nn.Parameter(torch.zeros(3))

    def forward(self, items):
        return self.rows[items] + self.shift


class CentresTheBatch(Linear):
    def forward(self, items):
        raw = super().forward(items)
        return raw - raw.mean(0) if len(raw) > 1 else raw


class MakesNumbersOnTheCPU(Linear):
    def forward(self, items):
        return super().forward(items) + torch.arange(3.0, device="cpu")


class RemembersItsWeights(Linear):
    def forward(self, items):
        if not hasattr(self, "kept"):
            self.kept = self.linear.weight.detach().clone().to(items.dtype)
        return super().forward(items) + 0 * items[..., :3] + items @ self.kept.T


BROKEN = {
    OneRowTooFew: "coordinates_have_the_right_shape",
    Float32: "dtype_is_that_of_the_parameters",
    NoisyInEval: "evaluation_is_deterministic",
    BatchDependent: "order_of_items_does_not_matter",
    DeadParameter: "gradient_reaches_all_parameters",
    FixedFeatures: "unseen_items_can_be_embedded",
    AnyIdentifier: "every_identifier_has_a_row",
    CentresTheBatch: "items_do_not_see_each_other",
    MakesNumbersOnTheCPU: "nothing_is_made_on_the_cpu",
    RemembersItsWeights: "outputs_follow_the_parameters",
    HiddenTable: "state_dict_round_trip",
}


@pytest.mark.parametrize(
    "make", [Linear, Rows, lambda: MLP(6, 3, hidden=8, layers=2)], ids=["linear", "rows", "mlp"]
)
def test_a_sound_embedder_passes(make):
    report = check_embedder(make)
    assert report.ok, str(report)
    assert len(report.outcomes) == len(EMBEDDER_CHECKS)


@pytest.mark.parametrize("embedder", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_embedder_is_caught_by_name(embedder):
    assert BROKEN[embedder] in {outcome.name for outcome in check_embedder(embedder).failures}
