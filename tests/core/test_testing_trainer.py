"""The kit catches broken trainers, each by the check of the right name."""

import time

import pytest
import torch

from geoframe import RunError, Trainer, Training
from geoframe.testing import TRAINER_CHECKS, check_trainer
from geoframe.training.gradient import GradientTrainer


class PlainDescent(Trainer):
    """Ten steps of gradient descent, with the run kept."""

    steps = 10
    sign = 1.0

    def fit(self, objective, run=None):
        start = time.perf_counter()
        last = run.checkpoints.last() if run is not None else None
        if last is not None:
            objective.load_state_dict(last.tensors)
        else:
            self.descend(objective, run)
            if run is not None:
                run.checkpoints.save(self.steps, objective.state_dict(), {})
        return Training(
            steps=self.steps,
            epochs=float(self.steps),
            seconds=time.perf_counter() - start,
            stopped="steps",
        )

    def descend(self, objective, run):
        for step in range(self.steps):
            objective.zero_grad()
            loss = objective(self.batch(len(objective)))["loss"]
            if not loss.isfinite():
                raise RunError("the loss is not finite")
            loss.backward()
            if run is not None:
                run.log(step, self.steps, {"loss": loss.item()})
            for parameter in self.parameters(objective):
                if parameter.grad is not None:
                    parameter.data.sub_(self.sign * 0.05 * parameter.grad)

    def batch(self, n):
        return torch.arange(n)

    def parameters(self, objective):
        return objective.parameters()


class Climbs(PlainDescent):
    sign = -1.0


class Boasts(PlainDescent):
    def fit(self, objective, run=None):
        super().fit(objective, run)
        return {"steps": 10}


class Unseeded(PlainDescent):
    def batch(self, n):
        return torch.randint(n, (8,), generator=torch.Generator().manual_seed(time.time_ns()))


class ShrinksEverything(PlainDescent):
    def descend(self, objective, run):
        super().descend(objective, run)
        for parameter in objective.parameters():
            parameter.data.mul_(0.9)


class ForgetsTheRun(PlainDescent):
    def fit(self, objective, run=None):
        return super().fit(objective)


class IgnoresNaN(PlainDescent):
    def descend(self, objective, run):
        try:
            super().descend(objective, run)
        except RunError:
            return


class LosesMomentum(PlainDescent):
    """Keeps the parameters of every step, and begins with no momentum when it goes on."""

    def fit(self, objective, run=None):
        at, speed = 0, {}
        if run is not None and (last := run.checkpoints.last()) is not None:
            objective.load_state_dict(last.tensors)
            at = last.step
        while at < self.steps:
            objective.zero_grad()
            loss = objective(self.batch(len(objective)))["loss"]
            if not loss.isfinite():
                raise RunError("the loss is not finite")
            loss.backward()
            for name, parameter in objective.named_parameters():
                if parameter.grad is not None:
                    speed[name] = 0.9 * speed.get(name, 0) + parameter.grad
                    parameter.data.sub_(0.02 * speed[name])
            at += 1
            if run is not None:
                run.log(at, self.steps, {"loss": loss.item()})
                run.checkpoints.save(at, objective.state_dict(), {})
        return Training(steps=at, epochs=float(at), seconds=0.0, stopped="steps")


BROKEN = {
    Climbs: "training_lowers_the_loss",
    Boasts: "training_is_described",
    Unseeded: "training_is_deterministic",
    ShrinksEverything: "only_trainable_parameters_change",
    ForgetsTheRun: "a_finished_run_is_taken_up",
    LosesMomentum: "an_interrupted_training_goes_on",
    IgnoresNaN: "a_loss_that_is_no_number_is_an_error",
}


@pytest.mark.parametrize(
    "make", [PlainDescent, lambda: GradientTrainer(steps=20, device="cpu")], ids=["plain", "own"]
)
def test_a_sound_trainer_passes(make):
    report = check_trainer(make)
    assert report.ok, str(report)
    assert report.number_run == len(TRAINER_CHECKS)


@pytest.mark.parametrize("trainer", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_trainer_is_caught_by_name(trainer):
    assert BROKEN[trainer] in {outcome.name for outcome in check_trainer(trainer).failures}


def test_every_check_is_known_to_catch_something():
    assert set(BROKEN.values()) == {check.__name__ for check in TRAINER_CHECKS}
