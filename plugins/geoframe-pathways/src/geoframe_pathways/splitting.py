"""The rows of a table by what they are for: to train on, to choose by, to report on."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_pathways.categories import fit_statistics
from geoframe_pathways.config import PathwaysConfig
from geoframe_pathways.data import Problem
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Rows


@attrs.frozen(kw_only=True, eq=False)
class Parts:
    """The rows of a problem by what they are for."""

    train: Rows
    test: Rows
    validation: Rows | None
    """Rows that choose and are not trained on; None takes some of the training rows in turn."""


def split(config: PathwaysConfig, problem: Problem) -> tuple[Parts, list[str]]:
    """Encode a table and split it -> its parts, and what was left out."""
    validation = np.zeros(len(problem), dtype=np.bool_)
    if problem.validation_rows is not None:
        validation[problem.validation_rows] = True
    chosen = problem.test_rows
    if chosen is None:
        order = np.random.default_rng(config.seed).permutation(np.flatnonzero(~validation))
        chosen = order[: max(1, int(config.data.test_fraction * len(order)))]
    test = np.zeros(len(problem), dtype=np.bool_)
    test[chosen] = True
    train = ~test & ~validation
    scaling = problem.scaling if config.data.scaling == "auto" else config.data.scaling
    known = problem.features.take(train)
    statistics, out_of_fold = fit_statistics(
        known, problem.target[train], problem.task, config.seed % 2**32
    )
    encoder, dropped = fit_encoder(known, scaling, statistics)
    x = encoder.encode(problem.features)
    if statistics:
        x[train, -out_of_fold.shape[1] :] = out_of_fold
    rows = Rows(
        x=x,
        y=problem.target,
        task=problem.task,
        target=problem.target_name,
        encoder=encoder,
    )
    parts = Parts(
        train=rows.take(np.flatnonzero(train)),
        test=rows.take(np.flatnonzero(test)),
        validation=rows.take(np.flatnonzero(validation)) if validation.any() else None,
    )
    return parts, dropped
