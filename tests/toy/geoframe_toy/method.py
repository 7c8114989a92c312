"""The toy method."""

from __future__ import annotations

from geoframe.errors import DataError
from geoframe.method import Method, Result
from geoframe.reference import Published, ReferenceRow, ReferenceTable
from geoframe_toy.config import ToyConfig


class Toy(Method):
    """Fit a line to points by gradient steps."""

    Config = ToyConfig
    citation = "A. M. Legendre (1805), on the method of least squares"

    def run(self, config, run):
        import torch

        from geoframe_toy.objective import SquaredError

        if config.mode == "explode":
            raise ZeroDivisionError("the toy exploded\non purpose")
        if config.mode == "chatter":
            print("a method that talks")
        if config.data.path is None:
            x = torch.linspace(-1, 1, config.data.points)
            y = config.slope * x + config.data.noise * torch.randn(config.data.points)
        else:
            x, y = self._read(config.data.path)
        run.record(points=len(x))
        objective = SquaredError(config.embedder.build(in_features=1, out_features=1), x, y)
        training = config.trainer.build().fit(objective, run)
        run.write_tensors("model", objective.model.state_dict())
        with torch.no_grad():
            ends = objective.model(torch.tensor([[0.0], [1.0]])).flatten()
            loss = objective(torch.arange(len(x)))["loss"]
        return Result(
            metrics={
                "loss": loss.item(),
                "slope": (ends[1] - ends[0]).item(),
                "steps": training.steps,
                "unmeasured": None,
            },
            notes=["A toy."],
        )

    def load(self, run):
        model = run.config.embedder.build(in_features=1, out_features=1)
        model.load_state_dict(run.read_tensors("model"))
        return model.eval()

    def embed(self, run, data):
        import torch

        x, _ = self._read(data)
        with torch.no_grad():
            y = run.load()(x.unsqueeze(1))
        return {"x": x.numpy(), "y": y.numpy()}

    def export(self, run, folder):
        import torch

        from geoframe.run.files import write_tensors

        path = folder / "model.safetensors"
        write_tensors(
            path, {name: torch.as_tensor(value) for name, value in run.load().state_dict().items()}
        )
        return [path]

    def reference_tables(self):
        legendre = {"certainty": "verified", "source": "the definition of the points"}
        return [
            ReferenceTable(
                name="lines",
                title="Slopes of lines",
                metrics=["slope", "loss"],
                rows=[
                    ReferenceRow(
                        name="steep (3)",
                        overrides={"slope": 3.0},
                        published={"slope": Published(value=3.0, spread=0.1, **legendre)},
                    ),
                    ReferenceRow(name="bad", overrides={"mode": "explode"}),
                    ReferenceRow(name="flat", overrides={"slope": 0.0}),
                ],
                seeds=2,
                quick={"trainer.steps": 5},
                note="Lines are straight.",
            )
        ]

    @staticmethod
    def _read(path):
        import pandas as pd
        import torch

        try:
            frame = pd.read_csv(path)
            columns = [torch.tensor(frame[name].to_numpy(), dtype=torch.float32) for name in "xy"]
        except FileNotFoundError:
            raise DataError(f"{path}: no such file") from None
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path}: needs numeric columns x and y ({error})") from None
        return columns
