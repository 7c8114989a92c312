from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
import tomli_w
import torch
from torch.optim import AdamW

from geoframe import RunError, Trainer, open_run, run_method
from geoframe.run.checkpoint import CheckpointStore
from geoframe.run.directory import Run
from geoframe.testing import check_trainer
from geoframe.training.gradient import GradientTrainer
from geoframe_pathways.experts.objective import ExpertsObjective
from geoframe_pathways.experts.pack import PACK
from geoframe_pathways.experts.task import ExpertTask
from geoframe_pathways.trainers.block import advance, beginning, blocks_of, next_stop
from geoframe_pathways.trainers.config import StackedConfig
from geoframe_pathways.trainers.processes import ProcessesTrainer
from geoframe_pathways.trainers.ray import RayTrainer
from geoframe_pathways.trainers.stacked import StackedTrainer

OPTIONS = {
    "steps": 90,
    "block": 2,
    "checkpoint_every": 30,
    "batch_size": 64,
    "expert_batch": 16,
}


def trained(trainer: Trainer, task: ExpertTask, run: Run | None = None) -> torch.Tensor:
    objective = ExpertsObjective(task)
    trainer.fit(objective, run)
    return objective.experts.detach()


@pytest.mark.parametrize("trainer", [StackedTrainer, ProcessesTrainer, RayTrainer])
def test_engines_are_trainers(trainer: type[Trainer]) -> None:
    check_trainer(lambda: trainer(steps=100))


def test_a_stack_is_many_separate_trainings(task: ExpertTask) -> None:
    options = StackedConfig(**OPTIONS)
    (block,) = blocks_of(task, 10)
    stacked = advance(task, block, beginning(task, block), options, 20)
    for expert in (0, 7):
        parameters = task.shape.initial(task.seed, expert)[None].requires_grad_()
        optimizer = AdamW([parameters], weight_decay=0.0)
        ids = torch.tensor([expert])
        for step in range(20):
            rows = torch.from_numpy(task.batches(expert, step, 1, 16))
            outputs = task.shape.forward(parameters, task.localise(task.inputs[rows], ids))
            loss = ((outputs - task.targets[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([parameters], 1.0)
            falling = 0.5 * (1 + math.cos(math.pi * (step - 9) / (90 - 9)))
            optimizer.param_groups[0]["lr"] = 3e-3 * ((step + 1) / 10 if step < 9 else falling)
            optimizer.step()
        torch.testing.assert_close(
            stacked.parameters[expert], parameters.detach()[0], atol=1e-5, rtol=1e-4
        )


def test_how_the_way_is_cut_does_not_matter(task: ExpertTask) -> None:
    options = StackedConfig(**OPTIONS)
    block = range(4, 6)
    whole = advance(task, block, beginning(task, block), options, 100)
    state = beginning(task, block)
    for until in (1, 33, 64, 65, 100):
        image = advance(task, block, state, options, until).to_bytes()
        state = type(state).from_bytes(image)
    assert torch.equal(whole.parameters, state.parameters)
    assert torch.equal(whole.square, state.square)


def test_training_fits_the_cells(task: ExpertTask) -> None:
    objective = ExpertsObjective(task)
    before = objective(torch.arange(len(objective)))["loss"].item()
    StackedTrainer(**{**OPTIONS, "steps": 400}).fit(objective)
    after = objective(torch.arange(len(objective)))["loss"].item()
    assert after < 0.1 * before


def test_any_other_trainer_trains_experts_too(task: ExpertTask) -> None:
    objective = ExpertsObjective(task)
    before = objective(torch.arange(len(objective)))["loss"].item()
    GradientTrainer(steps=150, learning_rate=0.01, batch_size=128, device="cpu").fit(objective)
    after = objective(torch.arange(len(objective)))["loss"].item()
    assert after < 0.5 * before


def test_an_interrupted_training_goes_on_to_the_same_experts(
    task: ExpertTask, new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained(StackedTrainer(**OPTIONS), task)
    run = new_run()
    calls = 0

    def failing(self: object, *arguments: object, **options: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 7:
            raise KeyboardInterrupt
        return save(self, *arguments, **options)

    from geoframe.run.checkpoint import CheckpointStore

    save = CheckpointStore.save
    with monkeypatch.context() as patch:
        patch.setattr(CheckpointStore, "save", failing)
        with pytest.raises(KeyboardInterrupt):
            trained(StackedTrainer(**OPTIONS), task, run)
    steps = [line["step"] for line in run.metrics()]
    assert steps == [30, 60, 90, 120, 150, 180]
    assert torch.equal(trained(StackedTrainer(**OPTIONS), task, run), expected)
    steps = [line["step"] for line in run.metrics()]
    assert steps == list(range(30, 451, 30))
    run.close()


def test_a_loss_that_is_no_number_stops_the_training(
    task: ExpertTask, new_run: Callable[..., Run]
) -> None:
    targets = task.targets.clone()
    targets[task.rows_of(3)] = math.nan
    broken = attrs.evolve(task, targets=targets)
    run = new_run()
    with pytest.raises(RunError, match="experts 2 to 3"):
        trained(StackedTrainer(**OPTIONS), broken, run)
    run.close()
    with pytest.raises(RunError, match="experts 2 to 3"):
        trained(ProcessesTrainer(**OPTIONS, workers=1), broken)


def test_three_processes_one_of_them_killed_make_the_same_experts(
    task: ExpertTask, new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = trained(StackedTrainer(**OPTIONS), task)
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def recording(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = popen(*arguments, **options)  # type: ignore[call-overload]
        started.append(process)
        return process

    monkeypatch.setattr(subprocess, "Popen", recording)
    run = new_run()
    log = run.log

    def kill_once(self: Run, step: int, total: int, values: dict[str, float]) -> None:
        log(step, total, values)
        if len(started) == 3:
            started[1].kill()
            started[1].wait()
            monkeypatch.setattr(Run, "log", lambda self, *rest: log(*rest))

    monkeypatch.setattr(Run, "log", kill_once)
    several = ProcessesTrainer(**OPTIONS, workers=3, address="127.0.0.2")
    assert torch.equal(trained(several, task, run), expected)
    assert len(started) >= 4
    assert started[1].returncode == -signal.SIGKILL
    run.close()


def test_workers_that_keep_dying_are_an_error(
    task: ExpertTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # no Python starts from now on
    with pytest.raises(RunError, match="died 2 times"):
        trained(ProcessesTrainer(**OPTIONS, workers=2, retries=1), task)


DRIVER = """
    import sys, torch
    from pathlib import Path
    from geoframe import MethodConfig
    from geoframe.run.creation import create_run
    from geoframe_pathways.trainers.processes import ProcessesTrainer
    from geoframe_pathways.method import NeuralPathways
    from geoframe_pathways.experts.objective import ExpertsObjective
    from geoframe_pathways.experts.task import ExpertTask
    folder = Path(sys.argv[1])
    task = ExpertTask.from_bytes((folder / "task").read_bytes())
    run = create_run(folder / "run", "pathways", NeuralPathways(), MethodConfig(), manifest={},
                     resume=True)
    objective = ExpertsObjective(task)
    options = dict(steps=300, block=2, checkpoint_every=30, batch_size=64, expert_batch=16)
    ProcessesTrainer(**options, workers=1).fit(objective, run)
"""


@pytest.mark.slow
def test_a_killed_driver_loses_no_finished_expert(task: ExpertTask, tmp_path: Path) -> None:
    (tmp_path / "task").write_bytes(task.to_bytes())
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), str(tmp_path)]
    driver = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
    metrics = tmp_path / "run" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not metrics.exists() or len(metrics.read_text().splitlines()) < 8:
        assert time.monotonic() < deadline, "the training does not begin"
        assert driver.poll() is None, "the training ended before it could be killed"
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    subprocess.run(command, check=True, timeout=200)
    # The kill may have left an older state beside a block's last one.
    stores = map(CheckpointStore, sorted((tmp_path / "run" / "checkpoints").glob("block-*")))
    kept = [store.last() for store in stores]
    assert all(last is not None and last.step == 300 for last in kept)
    found = torch.cat([last.tensors["parameters"] for last in kept if last is not None])
    options = {**OPTIONS, "steps": 300}
    assert torch.equal(found, trained(StackedTrainer(**options), task))


@pytest.mark.slow
def test_torchrun_makes_the_same_pack_as_one_process(tmp_path: Path) -> None:
    config: dict[str, Any] = {
        "data": {"dataset": {"name": "function-grid", "side": 20}},
        "pathways": {"experts": [6], "width": 8, "min_rows": 10},
        "trainer": {"name": "stacked", "steps": 40, "block": 2},
        "evaluation": {"baselines": []},
    }
    alone = run_method("pathways", config, path=tmp_path / "alone")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config["trainer"] |= {"name": "processes", "port": port}
    (tmp_path / "config.toml").write_text(tomli_w.dumps(config))
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
        *("-m", "geoframe_cli", "run", "pathways", "--config", str(tmp_path / "config.toml")),
        *("--run-dir", str(tmp_path / "together"), "--quiet"),
    ]
    told = subprocess.check_output(command, text=True, timeout=300)
    assert told.strip() == str(tmp_path / "together")  # the first process alone tells
    together = open_run(tmp_path / "together")
    assert (together.path / PACK).read_bytes() == (alone.path / PACK).read_bytes()
    assert together.results["metrics"]["rmse"] == alone.results["metrics"]["rmse"]


@pytest.mark.parametrize(("steps", "block"), [(2000, 32), (90, 7), (10, 32), (0, 4)])
def test_a_kill_costs_a_block_no_more_work_than_one_expert_takes(steps: int, block: int) -> None:
    options = StackedConfig(steps=steps, block=block)
    stops = [0]
    while stops[-1] < steps:
        stops.append(next_stop(stops[-1], options, block))
    lost = max((after - before for before, after in pairwise(stops)), default=0)
    assert lost * block <= max(steps, block)  # a step is the least that can be kept


@pytest.mark.slow
def test_a_ray_cluster_that_loses_a_node_makes_the_same_experts(
    task: ExpertTask, monkeypatch: pytest.MonkeyPatch, new_run: Callable[..., Run]
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "150")
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    expected = trained(StackedTrainer(**OPTIONS), task)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    log, logged = Run.log, []

    def lose_the_node(self: Run, step: int, total: int, values: dict[str, float]) -> None:
        log(self, step, total, values)
        logged.append(step)
        if len(logged) == 4:
            cluster.remove_node(second, allow_graceful=False)

    monkeypatch.setattr(Run, "log", lose_the_node)
    run = new_run()
    try:
        ray.init(address=cluster.address, log_to_driver=False)
        assert len(ray.nodes()) == 2
        found = trained(RayTrainer(**OPTIONS, workers=2), task, run)
        deadline = time.monotonic() + 120  # the head notices a lost node by missed heartbeats
        while sum(node["Alive"] for node in ray.nodes()) > 1:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    finally:
        ray.shutdown()
        cluster.shutdown()
        run.close()
    assert torch.equal(found, expected)
