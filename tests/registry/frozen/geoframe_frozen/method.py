"""The method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from geoframe import Method, MethodConfig, Result, component, option, section
from geoframe.components import Component
from geoframe.reference import Published, ReferenceRow, ReferenceTable

if TYPE_CHECKING:
    from geoframe.run.directory import Run


@attrs.frozen(kw_only=True)
class DataConfig:
    """The target."""

    target: float = option(1.0, ge=-10, le=10, help="Where to.")
    path: Path | None = option(None, help="Not used.")


@attrs.frozen(kw_only=True)
class FreezeConfig(MethodConfig):
    """A point that goes where it is told."""

    data: DataConfig = section(DataConfig, help="The target.")
    geometry: Component = component(
        "geometry", default={"name": "frozen-by-config", "dim": 1}, help="The space."
    )
    trainer: Component = component(
        "trainer",
        default={"name": "gradient", "steps": 30, "learning_rate": 0.1, "device": "cpu"},
        help="How it goes.",
    )


class Freeze(Method):
    """Move a point to a target."""

    Config = FreezeConfig
    citation = "Nobody: Nothing. 2026"

    def run(self, config: FreezeConfig, run: Run) -> Result:
        import torch

        from geoframe_frozen.objective import Gap

        run.record(data={"target": config.data.target})
        objective = Gap(config.geometry.build(), config.data.target)
        training = config.trainer.build().fit(objective, run)
        run.write_tensors("point", {"point": objective.cpu().point.detach()})
        run.write_json("note", {"cold": True})
        gap = objective(torch.arange(1))["loss"].item()
        return Result(
            metrics={"gap": gap, "steps": training.steps},
            tables={"points": [{"name": "a", "value": 1.0}]},
            notes=["It is cold."],
        )

    def load(self, run: Run) -> Any:
        assert run.read_json("note") == {"cold": True}
        return run.read_tensors("point")["point"]

    def embed(self, run: Run, data: Path) -> Any:
        return {"point": self.load(run).numpy()}

    def reference_tables(self) -> Any:
        published = {"gap": Published(value=0.0, source="the target", certainty="own")}
        row = ReferenceRow(name="one", overrides={"data.target": 0.5}, published=published)
        return [ReferenceTable(name="gaps", title="Gaps", metrics=["gap"], rows=[row])]
