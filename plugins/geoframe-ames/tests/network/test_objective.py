import numpy as np
import pytest
import torch

import geoframe
from geoframe.embedders.mlp import MLP
from geoframe_ames.fusion.attention import attention
from geoframe_ames.network.branch_network import BranchNetwork
from geoframe_ames.network.objective import CONTRIBUTIONS, BranchObjective
from geoframe_ames.selection.ablation import ablation_values
from geoframe_lgi.config import GraphConfig
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.sampling.race import Race
from geoframe_lgi.task import NodeTask


def blobs(n: int = 90) -> NodeTask:
    rng = np.random.default_rng(0)
    codes = np.arange(n) % 3
    features = rng.standard_normal((n, 5)) + 3 * np.eye(5)[codes]
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=features.astype(np.float32),
        kind="classification",
        target=codes[:, None].astype(float),
        outputs=("a", "b", "c"),
    )


def objective(
    *, blocks: bool = False, share: bool = False, kind: str = "global"
) -> BranchObjective:
    torch.manual_seed(0)
    task = blobs()
    modules = {
        name: DiscreteGraphModule(
            MLP(5, 2, hidden=8, layers=1),
            geoframe.build("geometry", name, dim=2),
            Race(k=4),
        )
        for name in ("euclidean", "hyperboloid")
    }
    own = torch.arange(90).unsqueeze(1)
    near = Edges.regular((own + torch.tensor([[3, 6, 9]])) % 90)
    network = BranchNetwork(
        5,
        3,
        (8, 8, 8),
        ["near", *modules],
        dict(modules),
        {"near": near},
        lambda width: attention(kind, 3, width, 4),  # type: ignore[arg-type]
        blocks=blocks,
        share=share,
    )
    train = np.arange(90) < 45
    return BranchObjective(
        network,
        torch.from_numpy(task.features),
        TaskLoss(task, train),
        train,
        ~train,
        GraphConfig(),
        warmup=0,
    )


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("share", [False, True])
def test_both_layouts_train(blocks: bool, share: bool) -> None:
    target = objective(blocks=blocks, share=share)
    optimizer = torch.optim.Adam(target.parameters(), lr=0.02)
    first = last = 0.0
    for step in range(40):
        values = target(torch.arange(45))
        optimizer.zero_grad()
        values["loss"].backward()
        optimizer.step()
        first, last = (float(values["task_loss"]) if step == 0 else first), values["task_loss"]
    assert last < 0.5 * first


def test_the_task_s_loss_trains_no_graph_and_a_graph_s_loss_nothing_else() -> None:
    target = objective()
    target.graph_weight = 0.0
    target(torch.arange(45))["loss"].backward()
    graphs = [p.grad for p in target.network.graphs.parameters()]
    assert all(grad is None or not grad.any() for grad in graphs)
    target.zero_grad()
    target.graph_weight = 1.0
    values = target(torch.arange(45))
    (values["loss"] - values["task_loss"]).backward()
    assert any(p.grad is not None and p.grad.any() for p in target.network.graphs.parameters())


def test_with_free_weights_the_output_gradient_restates_attention() -> None:
    target = objective(kind="global")
    with torch.no_grad():
        target.network.attentions[0].theta.copy_(torch.tensor([[1.0], [0.0], [-1.0]]))  # type: ignore[union-attr]
    target(torch.arange(45))["loss"].backward()
    alpha = target.now[3]
    assert torch.allclose(alpha, torch.softmax(torch.tensor([1.0, 0.0, -1.0]), 0), atol=1e-6)
    assert (target.now[0] > 0).all()
    assert target.now[2, 0] == 0
    assert (target.now[2, 1:] > 0).all()
    target(torch.arange(45))
    for shares in zip(*(each.values() for each in target.contributions().values()), strict=True):
        assert np.isclose(sum(shares), 1.0)
    assert set(target.contributions()["near"]) == set(CONTRIBUTIONS)


def test_ablation_is_what_held_out_rows_lose_and_zero_without_weight() -> None:
    target = objective(kind="global").eval()
    held = np.arange(90) >= 45
    with torch.no_grad():
        target.network.attentions[0].theta.copy_(torch.tensor([[30.0], [0.0], [0.0]]))  # type: ignore[union-attr]
    values = ablation_values(target, blobs(), held)
    assert values["euclidean"] == 0.0
    assert values["hyperboloid"] == 0.0


def test_branches_draw_noise_of_their_own() -> None:
    target = objective()
    modules = target.network.graph_modules()
    same = modules["euclidean"]
    target.network.graphs["hyperboloid"] = same
    found = target.network(target.features, torch.Generator().manual_seed(0))
    first, second = (each.edges.neighbors for each in found.samples if each is not None)
    assert not torch.equal(first, second)
