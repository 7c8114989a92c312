"""The gradient trainer: convergence, exact resume, guards, early stopping."""

import copy
import json
import signal

import attrs
import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from geoframe import ConfigError, MethodConfig, RunError
from geoframe.method import Method, Result
from geoframe.run.creation import create_run
from geoframe.trainer import Objective
from geoframe.training.gradient import GradientTrainer
from geoframe.training.schedule import Batches, learning_rate_factor
from geoframe.training.state import load_optimizer, pack, unpack


class LeastSquares(Objective):
    """Noisy gradients on purpose: a resumed run must continue the random stream."""

    def __init__(self, n=64, fail_at=None, interrupt_at=None):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.register_buffer("x", torch.randn(n, 5, generator=generator), persistent=False)
        self.register_buffer("y", self.x @ torch.arange(5.0), persistent=False)
        self.linear = torch.nn.Linear(5, 1)
        self.calls = 0
        self.fail_at = fail_at
        self.interrupt_at = interrupt_at

    def __len__(self):
        return len(self.x)

    def forward(self, items):
        self.calls += 1
        if self.calls == self.interrupt_at:
            signal.raise_signal(signal.SIGINT)
        noise = 0.1 * torch.randn(len(items))
        loss = (self.linear(self.x[items]).squeeze(-1) - self.y[items] + noise).square().mean()
        if self.calls == self.fail_at:
            loss = loss * torch.nan
        return {"loss": loss}

    def evaluate(self):
        return {"gap": (self.linear.weight - torch.arange(5.0)).abs().max().item()}


class Nothing(Method):
    Config = MethodConfig

    def run(self, config, run):
        return Result(metrics={})

    def load(self, run):
        return None


def new_run(path, resume=False):
    return create_run(path, "nothing", Nothing(), MethodConfig(), manifest={}, resume=resume)


def fit(objective, run=None, **options):
    torch.manual_seed(0)
    defaults = {"steps": 60, "learning_rate": 0.1, "device": "cpu", "checkpoint_every": 7}
    return GradientTrainer(**{**defaults, **options}).fit(objective, run)


def seeded(**options):
    torch.manual_seed(3)
    return LeastSquares(**options)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_converges(optimizer, schedule):
    objective = seeded()
    training = fit(objective, steps=300, optimizer=optimizer, schedule=schedule, clip_norm=10)
    assert objective.evaluate()["gap"] < 0.2
    assert (training.steps, training.epochs, training.stopped) == (300, 300, "steps")


@pytest.mark.parametrize("stop", [1, 6, 7, 20, 59])
@pytest.mark.parametrize("batch_size", [0, 10])
def test_a_failed_run_resumes_bit_equal(tmp_path, stop, batch_size):
    options = {"batch_size": batch_size, "warmup": 5, "schedule": "cosine"}
    whole = seeded()
    run = new_run(tmp_path / "whole")
    fit(whole, run, **options)
    undisturbed = (run.path / "metrics.jsonl").read_text()

    broken = new_run(tmp_path / "broken")
    with pytest.raises(RunError, match=f"not finite at step {stop};"):
        fit(seeded(fail_at=stop), broken, **options)
    broken.close()
    resumed = seeded()
    again = new_run(tmp_path / "broken", resume=True)
    fit(resumed, again, **options)
    assert torch.equal(resumed.linear.weight, whole.linear.weight)
    assert torch.equal(resumed.linear.bias, whole.linear.bias)
    assert (again.path / "metrics.jsonl").read_text() == undisturbed
    assert resumed.calls == 60 - (stop - 1) // 7 * 7  # nothing but what was lost is done again


def test_ctrl_c_keeps_the_step_it_interrupted(tmp_path):
    run = new_run(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        fit(seeded(interrupt_at=11), run)
    assert run.checkpoints.last().step == 11


def test_a_finished_training_is_not_trained_again(tmp_path):
    run = new_run(tmp_path / "run")
    fit(seeded(), run)
    again = seeded()
    assert fit(again, run).steps == 60
    assert again.calls == 0


def test_the_nan_guard_keeps_the_last_good_checkpoint(tmp_path):
    run = new_run(tmp_path / "run")
    with pytest.raises(RunError, match="the checkpoint of step 14 is kept"):
        fit(seeded(fail_at=17), run)
    state = run.checkpoints.last()
    assert state.step == 14
    assert all(torch.isfinite(t).all() for t in state.tensors.values() if t.is_floating_point())


def test_patience_stops_and_restores_the_best(tmp_path):
    run = new_run(tmp_path / "run")
    objective = seeded()
    options = {"steps": 5000, "patience": 3, "evaluate_every": 10, "monitor": "gap"}
    training = fit(objective, run, **options)
    assert training.stopped == "patience"
    assert training.steps < 5000
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert objective.evaluate()["gap"] == min(line["gap"] for line in lines if "gap" in line)
    resumed = seeded()
    assert fit(resumed, run, **options).steps == training.steps
    assert torch.equal(resumed.linear.weight, objective.linear.weight)


def test_bf16_trains_and_leaves_a_plain_module():
    objective = seeded()
    fit(objective, steps=200, precision="bf16")
    assert objective.evaluate()["gap"] < 0.3
    assert objective.linear.weight.dtype == torch.float32
    assert objective(torch.arange(64))["loss"].dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "tpu9"}, "trainer.device: 'tpu9' is not"),
        ({"patience": 1, "monitor": "gpa"}, "trainer.monitor: 'gpa' is not one of"),
    ],
)
def test_impossible_options(options, message):
    with pytest.raises(ConfigError, match=message):
        fit(seeded(), **options)


class Trees(LeastSquares):
    """Builds a tree of scipy where it computes, and one where its gradient is computed."""

    built = 0

    def forward(self, items):
        self._build()
        values = super().forward(items)
        values["loss"].register_hook(lambda gradient: self._build())
        return values

    def _build(self):
        # Where denormals count as zero, a tree of such points ends the process.
        assert (torch.full((1,), 1e-310, dtype=torch.float64) * 1.0).item() > 0
        places = np.random.default_rng(0).random((600, 3))
        places[:, 2] = np.where(places[:, 2] < 0.7, 0.0, places[:, 2])
        self.built += len(cKDTree(places).query(places[:1])) // 2


def test_an_objective_may_build_trees_of_scipy():
    objective = Trees()
    fit(objective, steps=2)
    assert objective.built == 4


def test_nothing_to_train():
    objective = seeded()
    objective.requires_grad_(False)
    with pytest.raises(ConfigError, match="nothing to train"):
        fit(objective)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 11, 0])
def test_every_epoch_sees_every_item_once(batch_size):
    batches = Batches(10, batch_size, seed=4)
    for epoch in range(3):
        steps = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
        seen = torch.cat([batches.at(step) for step in steps])
        assert sorted(seen.tolist()) == list(range(10))


def test_batches_depend_on_the_step_alone():
    forward = [Batches(50, 7, seed=1).at(step).tolist() for step in range(30)]
    shared = Batches(50, 7, seed=1)
    backward = [shared.at(step).tolist() for step in reversed(range(30))]
    assert forward == backward[::-1]


def test_learning_rate_factors():
    assert learning_rate_factor(0, 100, "constant", 9) == 0.1
    assert learning_rate_factor(50, 100, "constant", 9) == 1
    assert learning_rate_factor(50, 100, "cosine", 0) == pytest.approx(0.5)
    assert learning_rate_factor(75, 100, "linear", 0) == pytest.approx(0.25)


def test_state_packs_into_json_and_back():
    state = {"a": {0: torch.ones(2), 1: [1, None, {"x": torch.zeros(3)}]}, "b": 0.1}
    tensors = {}
    packed = json.loads(json.dumps(pack(state, "p", tensors)))
    back = unpack(packed, tensors)
    assert back["b"] == 0.1
    assert torch.equal(back["a"][0], torch.ones(2))
    assert torch.equal(back["a"][1][2]["x"], torch.zeros(3))


def test_options_are_attrs_fields():
    assert {field.name for field in attrs.fields(GradientTrainer.Config)} >= {
        "steps",
        "epochs",
        "learning_rate",
        "batch_size",
        "device",
        "precision",
        "checkpoint_every",
    }


def test_an_optimizer_that_counts_steps_in_integers_goes_on_to_the_bit():
    geoopt = pytest.importorskip("geoopt", reason="geoopt is not installed")

    def start():
        point = torch.nn.Parameter(torch.linspace(0.1, 1.0, 7, dtype=torch.float64))
        return point, geoopt.optim.RiemannianAdam([point], lr=0.05)

    def step(point, optimizer):
        optimizer.zero_grad()
        (point.square().sum() + point.cos().sum()).backward()
        optimizer.step()

    point, optimizer = start()
    for _ in range(20):
        step(point, optimizer)
    tensors: dict[str, torch.Tensor] = {}
    kept = pack(copy.deepcopy(optimizer.state_dict()), "optimizer", tensors)
    again, resumed = start()
    again.data.copy_(point)
    load_optimizer(resumed, unpack(json.loads(json.dumps(kept)), tensors))
    for _ in range(5):
        step(point, optimizer)
        step(again, resumed)
    assert torch.equal(point, again)


class BesideANetwork(LeastSquares):
    """A frozen network that somebody may change, thaw at half of the training, or replace."""

    def __init__(self, *, seed=5, thaw=False, touch=False, **options):
        super().__init__(**options)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network = torch.nn.Linear(5, 5).requires_grad_(False)
        self.thaw = thaw
        self.touch = touch

    def forward(self, items):
        if self.thaw and self.require_progress() >= 0.5:
            self.network.weight.data.add_(1.0)
        if self.touch and self.calls == 0:
            self.network.bias.data.add_(1.0)
        return super().forward(items)


def made(**options):
    torch.manual_seed(3)
    return BesideANetwork(**options)


def test_a_frozen_network_is_not_kept(tmp_path):
    run = new_run(tmp_path / "run")
    fit(made(), run)
    kept = run.checkpoints.last()
    assert not any("network" in name for name in kept.tensors)
    assert set(kept.state["left_out"]) == {"network.weight", "network.bias"}


def test_a_frozen_network_that_was_changed_is_kept(tmp_path):
    run = new_run(tmp_path / "run")
    fit(made(thaw=True), run)
    kept = run.checkpoints.last()
    assert set(kept.state["left_out"]) == {"network.bias"}
    assert "model.network.weight" in kept.tensors


def test_a_run_goes_on_beside_the_same_network_alone(tmp_path):
    with pytest.raises(RunError, match="not finite"):
        fit(made(fail_at=20), run := new_run(tmp_path / "run"))
    run.close()
    whole = made()
    fit(whole)
    resumed = made()
    fit(resumed, again := new_run(tmp_path / "run", resume=True))
    assert torch.equal(resumed.linear.weight, whole.linear.weight)
    again.close()
    with pytest.raises(RunError, match=r"'network\.weight', which does not train, is not"):
        fit(made(seed=6), new_run(tmp_path / "run", resume=True))


def test_the_best_state_needs_no_frozen_network(tmp_path):
    objective = made()
    training = fit(objective, steps=300, patience=2, evaluate_every=5, monitor="gap")
    assert training.stopped == "patience"
    assert torch.equal(objective.network.weight, made().network.weight)


def test_progress_is_set_before_each_step():
    seen = []

    class Watching(LeastSquares):
        def forward(self, items):
            seen.append(self.require_progress())
            return super().forward(items)

    fit(Watching(), steps=4)
    assert seen == [0.0, 0.25, 0.5, 0.75]
