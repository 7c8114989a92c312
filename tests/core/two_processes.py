"""Trainings of two processes with something happening to them: ``two_processes.py FOLDER``.

For each of :data:`EVENTS` two processes train in ``FOLDER/<run>``, going on from what is there, and
after some steps some of them get a signal. Printed as JSON, for each event: the run, the exit codes
and the step that was kept last. All are forked from this process, which imports torch once for all.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import torch
import torch._dynamo  # optimizers import it late; here it is imported once for all

from geoframe import MethodConfig, Objective
from geoframe.method import Method
from geoframe.run.creation import create_run
from geoframe.training.gradient import GradientTrainer

STEPS = 60
OPTIONS = {"killed": {"checkpoint_every": 10}, "impatient": {"patience": 2, "evaluate_every": 1}}
"""Run -> options. In others no checkpoint is due: whatever is kept, a signal has kept."""
INTERRUPTED = 130
EVENTS = [
    ("whole", None, ()),
    ("ctrl-c for the second", signal.SIGINT, (1,)),
    ("ctrl-c for the second", None, ()),
    ("sigterm for the first", signal.SIGTERM, (0,)),
    ("sigterm for the first", None, ()),
    ("ctrl-c for both", signal.SIGINT, (0, 1)),
    ("killed", signal.SIGKILL, (0, 1)),
    ("killed", None, ()),
    ("impatient", None, ()),
]
"""Run, the signal, and the ranks that get it; None lets the run come to its end."""


class Noisy(Objective):
    """A least squares problem whose steps take a while and draw random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(5, 1)
        self.register_buffer("x", torch.randn(64, 5))

    def __len__(self):
        return len(self.x)

    def forward(self, items):
        time.sleep(0.005)
        noise = torch.randn(len(items), 1)
        return {"loss": (self.linear(self.x[items]) - noise).square().mean()}


class Nothing(Method):
    Config = MethodConfig

    def run(self, config, run):
        raise NotImplementedError

    def load(self, run):
        raise NotImplementedError


def train(path: Path) -> int:
    """Train in one of two processes; return its exit code."""
    torch.manual_seed(0)
    objective = Noisy()
    run = create_run(path, "nothing", Nothing(), MethodConfig(), manifest={}, resume=True)
    options = {"batch_size": 16, "log_every": 1, "checkpoint_every": STEPS}
    options |= OPTIONS.get(path.name, {})
    try:
        GradientTrainer(steps=STEPS, device="cpu", **options).fit(objective, run)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        run.close()
    run.write_tensors("model", objective.state_dict())
    return 0


def fork(path: Path) -> list[int]:
    """Start two processes that know of each other; return their ids."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = []
    for rank in range(2):
        child = os.fork()
        if child == 0:
            own = {"WORLD_SIZE": 2, "RANK": rank, "LOCAL_RANK": rank}
            shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            os.environ.update({key: str(value) for key, value in {**own, **shared}.items()})
            os._exit(train(path))
        found.append(child)
    return found


def steps_logged(path: Path) -> int:
    log = path / "metrics.jsonl"
    return log.read_text().count("\n") if log.exists() else 0


def main(folder: Path) -> None:
    """Let everything happen, and print what came of it."""
    outcomes = []
    for name, number, ranks in EVENTS:
        children = fork(folder / name)
        while number is not None and steps_logged(folder / name) < 15:
            time.sleep(0.005)
        for rank in ranks:
            os.kill(children[rank], number)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        kept = max((folder / name / "checkpoints").glob("step-*")).name
        outcomes.append([name, codes, int(kept.removeprefix("step-"))])
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
