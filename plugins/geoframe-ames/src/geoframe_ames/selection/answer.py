"""The answer of ``geoframe ames select``: which geometry the data have, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pandas as pd

from geoframe.run.directory import Run
from geoframe_ames.config import AMESConfig
from geoframe_ames.fit import recipes
from geoframe_ames.selection.geometry import rank_by_stress
from geoframe_lgi.data import load_rows
from geoframe_lgi.fit import fit_latent
from geoframe_lgi.measures import HEADLINE, measure
from geoframe_lgi.splits import make_splits


@attrs.frozen(kw_only=True, eq=False)
class Selection:
    """Geometries ranked, and the best one trained alone."""

    ranking: pd.DataFrame
    """See :func:`geoframe_embedding.geometry_choice.rank_geometries`."""
    chosen: str
    branches: Sequence[Mapping[str, Any]]
    """Attention, ablation and contributions of the run, if it has them."""
    measure: str
    """Name of the headline measure."""
    run: float
    """That of the run, on the test rows of its splits."""
    alone: float | None
    """That of the chosen geometry alone, on the test rows of the first split."""


def select(run: Run, *, dim: int = 2, retrain: bool = True) -> Selection:
    """Say which geometry the data of a finished run have.

    Parameters
    ----------
    dim
        Dimension in which the geometries are compared.
    retrain
        Whether the chosen geometry is trained alone on the first split.

    Raises
    ------
    RunError
        If the run is not finished.
    DataError
        If its data are not there any more.
    """
    run.require_finished()
    config: AMESConfig = run.config
    loaded = load_rows(config.data, config.seed)
    task = loaded.task
    ranking = rank_by_stress(task, config.ames.spaces, dim)
    chosen = str(ranking.index[ranking["chosen"]][0])
    headline = HEADLINE[task.kind]
    alone = None
    if retrain:
        split = make_splits(
            task, config.split, groups=loaded.groups, roles=loaded.roles, seed=config.seed
        )[0]
        recipe = recipes(config)[chosen]
        fitted = fit_latent(recipe, task, split.train, split.validation, seed=config.seed)
        alone = measure(task, fitted.scores, split.test)[headline]
    results = run.results
    attention = config.ames.fusion != "screened"
    return Selection(
        ranking=ranking,
        chosen=chosen,
        branches=results["tables"]["branches"] if attention else (),
        measure=headline,
        run=results["metrics"][headline],
        alone=alone,
    )
