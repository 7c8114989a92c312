"""L-BFGS on all items at once."""

import time

import torch

from geoframe import RunError, Trainer, Training
from geoframe.training.state import pack, unpack


class LBFGS(Trainer):
    """torch's L-BFGS with the strong Wolfe line search; every step is kept."""

    def __init__(self, *, steps: int = 20, learning_rate: float = 1.0) -> None:
        self.steps = steps
        self.learning_rate = learning_rate

    def fit(self, objective, run=None):
        start, items = time.perf_counter(), torch.arange(len(objective))
        trained = [p for p in objective.parameters() if p.requires_grad]
        optimizer = torch.optim.LBFGS(
            trained, lr=self.learning_rate, max_iter=5, line_search_fn="strong_wolfe"
        )
        at = 0
        last = run.checkpoints.last() if run is not None else None
        if last is not None:
            objective.load_state_dict(unpack(last.state["model"], last.tensors))
            optimizer.load_state_dict(unpack(last.state["optimizer"], last.tensors))
            torch.set_rng_state(last.tensors["random"])
            at = last.step
        if run is not None:
            run.rewind(at)

        def closure():
            optimizer.zero_grad()
            loss = objective(items)["loss"]
            if not torch.isfinite(loss):
                raise RunError("the loss is not finite; lower trainer.learning_rate")
            loss.backward()
            return loss

        while at < self.steps:
            objective.progress = at / self.steps
            loss = optimizer.step(closure)
            at += 1
            if run is not None:
                run.log(at, self.steps, {"loss": loss.item()})
                tensors = {"random": torch.get_rng_state()}
                state = {
                    "model": pack(objective.state_dict(), "model", tensors),
                    "optimizer": pack(optimizer.state_dict(), "optimizer", tensors),
                }
                run.checkpoints.save(at, tensors, state)
        objective.eval()
        return Training(
            steps=at, epochs=float(at), seconds=time.perf_counter() - start, stopped="steps"
        )
