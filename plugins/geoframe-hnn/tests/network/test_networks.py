"""Networks: memorised, distilled, trained."""

import numpy as np
import pytest
import torch
from hnn_trees import complete, random_tree

from geoframe.errors import ConfigError
from geoframe.training.gradient import GradientTrainer
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.free_points import FreePoints
from geoframe_embedding.objective import PartnerObjective
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.hyperbolic.geometry import HyperbolicPolar
from geoframe_hnn.network.memorise import MemorisingNetwork
from geoframe_hnn.network.network import HyperbolicNetwork
from geoframe_hnn.network.objectives import DistilObjective, TreeTargets
from geoframe_hnn.network.polar_embedder import PolarEmbedder
from geoframe_hnn.tree.inputs import anchor_inputs, choose_anchors, scale_of
from geoframe_spaces.hyperboloid import Hyperboloid


@pytest.mark.parametrize("tau", [1.0, 10.0, 1000.0])
def test_the_memorising_network_is_exact_and_its_size_does_not_depend_on_the_scale(tau):
    tree = random_tree(200, seed=0)
    values = embed_tree(tree, scale=tau).tangent()
    inputs = np.random.default_rng(0).standard_normal((200, 5))
    network = MemorisingNetwork(inputs, values)
    found = network(torch.from_numpy(inputs)).numpy()
    assert np.abs(found - values).max() < 1e-9 * np.abs(values).max()
    assert network.size == 5 + 199 * 3 + 2


def test_equal_inputs_cannot_be_memorised():
    with pytest.raises(ValueError, match="two inputs are equal"):
        MemorisingNetwork(np.zeros((3, 2)), np.eye(3))


def fitted(objective, steps):
    trainer = GradientTrainer(steps=steps, learning_rate=0.01, schedule="cosine", device="cpu")
    with torch.no_grad():
        before = objective(torch.arange(len(objective)))["loss"].item()
    trainer.fit(objective)
    with torch.no_grad():
        return before, objective(torch.arange(len(objective)))["loss"].item()


def network_inputs(tree):
    raw = anchor_inputs(tree, choose_anchors(tree, 16, 0), np.arange(len(tree)))
    return torch.from_numpy(scale_of(raw).apply(raw))


def model_of(tree, *, polar=False):
    inputs = network_inputs(tree)
    embedder = HyperbolicNetwork(inputs.shape[1], 3 if polar else 2, hidden=48, layers=2)
    embedder = PolarEmbedder(embedder) if polar else embedder
    return EmbeddedItems(embedder, HyperbolicPolar(dim=2), inputs)


def test_training_brings_distances_close():
    torch.manual_seed(0)
    tree = complete(3, 3)
    model = model_of(tree)
    before, after = fitted(
        PartnerObjective(model, TreeTargets(tree, 1.0), "relative", partners=16), 80
    )
    assert after < 0.25 * before


def test_a_distilled_network_starts_at_the_construction_and_ends_nearer_to_the_tree():
    torch.manual_seed(0)
    tree = complete(3, 3)
    construction = embed_tree(tree, scale=1.0)
    model = model_of(tree, polar=True)
    before, after = fitted(DistilObjective(model, construction.tangent()), 80)
    assert after < 0.05 * before
    log_radius, direction = model.embedder.polar(model.inputs)
    tangent = torch.from_numpy(construction.tangent()).float()
    assert torch.allclose(log_radius[1:].exp(), tangent[1:].norm(dim=1), rtol=0.5)
    assert ((direction[1:] * tangent[1:]).sum(1) / tangent[1:].norm(dim=1)).mean() > 0.95
    model.train()
    targets = TreeTargets(tree, construction.stretch)
    pairs = PartnerObjective(model, targets, "relative", partners=16)
    start, end = fitted(pairs, 80)
    exact = tree.distance(*np.triu_indices(len(tree), 1))
    ratio = construction.distance(*np.triu_indices(len(tree), 1)) / exact
    assert end < start
    assert end < ((ratio - 1) ** 2).mean()  # of the construction itself, at this small scale


def test_riemannian_training_keeps_points_on_the_sheet():
    torch.manual_seed(0)
    tree = complete(2, 4)
    space = Hyperboloid(2)
    model = FreePoints(space, len(tree))
    pairs = PartnerObjective(model, TreeTargets(tree, 1.0), "stress", partners=8)
    assert type(pairs.optimizer(0.1, 0.0)).__name__ == "RiemannianAdam"
    trainer = GradientTrainer(steps=80, learning_rate=0.1, device="cpu")
    with torch.no_grad():
        before = pairs(torch.arange(len(tree)))["loss"].item()
    trainer.fit(pairs)
    with torch.no_grad():
        assert pairs(torch.arange(len(tree)))["loss"].item() < 0.3 * before
        assert torch.allclose(space.inner(model(), model()), torch.tensor(-1.0).double(), atol=1e-6)


def test_riemannian_training_needs_a_manifold():
    with pytest.raises(ConfigError, match="free points need a space that geoopt has too"):
        FreePoints(HyperbolicPolar(dim=2), 5)


def test_leaves_of_one_parent_look_different_to_a_network():
    tree = complete(4, 2)
    inputs = anchor_inputs(tree, choose_anchors(tree, 3, 0), np.arange(len(tree)))
    assert len(np.unique(inputs, axis=0)) == len(tree)


def test_states_of_the_first_series_are_read():
    tree = complete(2, 2)
    objective = PartnerObjective(
        model_of(tree, polar=True), TreeTargets(tree, 1.0), "relative", partners=1
    )
    state = {key: value + 1 for key, value in objective.state_dict().items()}
    old = {
        key.replace("embedding.", "model.").replace("embedder.inner.", "embedder."): value
        for key, value in state.items()
    }
    assert not old.keys() & state.keys()
    objective.load_state_dict(old)
    assert all(torch.equal(objective.state_dict()[key], value) for key, value in state.items())
