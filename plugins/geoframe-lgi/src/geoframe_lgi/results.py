"""Scores as the tables that users get."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geoframe_lgi.task import NodeTask, Scores


def prediction_frame(task: NodeTask, scores: Scores, names: Sequence[str]) -> pd.DataFrame:
    """Predictions and probabilities of scores ``(m, c)``, keyed by the rows' names.

    Classes: ``prediction`` and ``probability_<class>``; labels: 0 or 1 under each label's name and
    ``probability_<label>``; numbers: ``prediction``, or ``prediction_<name>`` of several.
    """
    index = pd.Index(names, name="name")
    if task.kind == "regression":
        several = [f"prediction_{name}" for name in task.outputs]
        columns = several if len(several) > 1 else ["prediction"]
        return pd.DataFrame(scores, index=index, columns=columns)
    probabilities = pd.DataFrame(
        scores, index=index, columns=[f"probability_{name}" for name in task.outputs]
    )
    if task.kind == "multi-label":
        said = pd.DataFrame(scores > 0.5, index=index, columns=list(task.outputs)).astype(int)
        return pd.concat([said, probabilities], axis=1)
    prediction = np.array(task.outputs, dtype=object)[scores.argmax(axis=1)]
    return pd.concat([pd.Series(prediction, index, name="prediction"), probabilities], axis=1)
