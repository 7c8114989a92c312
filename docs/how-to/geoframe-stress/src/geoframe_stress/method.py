"""The stress method: points whose distances are the given ones. Torch-free at import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from geoframe import DataError, Method, MethodConfig, Result, component, option, section
from geoframe.components import Component

if TYPE_CHECKING:
    import pandas as pd

    from geoframe.run.directory import Run


@attrs.frozen(kw_only=True)
class DataConfig:
    """The measured distances."""

    path: Path = option(help="CSV file with the columns a, b (two names) and distance.")


@attrs.frozen(kw_only=True)
class StressConfig(MethodConfig):
    """Multidimensional scaling of measured distances."""

    data: DataConfig = section(DataConfig, help="The measured distances.")
    geometry: Component = component(
        "geometry", default={"name": "euclidean", "dim": 2}, help="The space to put points in."
    )
    trainer: Component = component(
        "trainer",
        default={"name": "gradient", "steps": 500, "learning_rate": 0.1, "schedule": "cosine"},
        help="How the points are fitted.",
    )


class Stress(Method):
    """Multidimensional scaling: one point per name, distances as measured, in any geometry."""

    Config = StressConfig
    citation = "J. B. Kruskal: Multidimensional scaling by optimizing goodness of fit. 1964"

    def run(self, config: StressConfig, run: Run) -> Result:
        """Fit the points and keep them."""
        from geoframe_stress.objective import Discrepancy

        table = _read(config.data.path)
        names = sorted({*table["a"], *table["b"]})
        run.record(data={"names": len(names), "distances": len(table)})
        objective = Discrepancy(config.geometry.build(), names, table)
        config.trainer.build().fit(objective, run)
        run.write_json("names", names)
        run.write_tensors("model", objective.cpu().model.state_dict())
        return Result(metrics={"stress": objective.evaluate()["stress"], "names": len(names)})

    def load(self, run: Run) -> Any:
        """Return the points ``(n, point_dim)`` by name, as a dictionary."""
        from geoframe_stress.objective import Points

        names = run.read_json("names")
        model = Points(run.config.geometry.build(), len(names))
        model.load_state_dict(run.read_tensors("model"))
        return dict(zip(names, model().detach(), strict=True))


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype={"a": str, "b": str, "distance": float})
        table = table[["a", "b", "distance"]].dropna()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: needs the columns a, b and distance ({error})") from None
    if table.empty or not (table["distance"] > 0).all():
        raise DataError(f"{path}: needs at least one row, and every distance above 0")
    return table
