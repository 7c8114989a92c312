"""Measures of generated samples against real items."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

BLOCK = 2048


def kernel_distance(generated: Tensor, real: Tensor, *, degree: int = 3) -> float:
    """KID: unbiased squared MMD with the kernel ``(<x, y> / d + 1) ** degree``.

    Parameters
    ----------
    generated, real
        Features ``(n, d)`` and ``(m, d)``, n and m at least 2.

    Source: Binkowski et al., *Demystifying MMD GANs*, ICLR 2018. It may be slightly negative.
    """
    x, y = generated.double(), real.double()
    n, m, d = len(x), len(y), x.shape[1]

    def total(a: Tensor, b: Tensor) -> float:
        parts = (((part @ b.T) / d + 1) ** degree for part in torch.split(a, BLOCK))
        return float(sum(part.sum() for part in parts))

    def diagonal(a: Tensor) -> float:
        return float(((a.square().sum(1) / d + 1) ** degree).sum())

    within = (total(x, x) - diagonal(x)) / (n * (n - 1)) + (total(y, y) - diagonal(y)) / (
        m * (m - 1)
    )
    return within - 2 * total(x, y) / (n * m)


def recall(generated: Tensor, real: Tensor, *, k: int = 3) -> float:
    """Share of real items that lie within the reach of a generated one.

    The reach of a generated item is the distance to its k-th nearest other generated one.

    Source: Kynkäänniemi et al., *Improved Precision and Recall*, NeurIPS 2019.
    """
    x, y = generated.double(), real.double()
    k = min(k, len(x) - 1)
    reach = torch.cat(
        [torch.cdist(part, x).kthvalue(k + 1, dim=1).values for part in torch.split(x, BLOCK)]
    )
    found = [(torch.cdist(part, x) <= reach).any(1) for part in torch.split(y, BLOCK)]
    return float(torch.cat(found).double().mean())


def wasserstein2(first: Tensor, second: Tensor) -> float:
    """Exact 2-Wasserstein distance of two equally large point sets ``(n, d)``.

    By optimal assignment, O(n^3) time and O(n^2) memory.

    Raises
    ------
    ValueError
        If the sets differ in size.
    """
    if len(first) != len(second):
        raise ValueError(f"sets of {len(first)} and {len(second)} points cannot be assigned")
    cost = torch.cdist(first.double(), second.double()).square().numpy()
    rows, columns = linear_sum_assignment(cost)
    return float(np.sqrt(cost[rows, columns].mean()))


def mean_gap(generated: Tensor, real: Tensor) -> float:
    """Mean distance of real items ``(m, d)`` to the nearest generated one ``(n, d)``."""
    x, y = generated.double(), real.double()
    gaps = [torch.cdist(part, x).amin(1) for part in torch.split(y, BLOCK)]
    return float(torch.cat(gaps).mean())


def duplicate_rate(distances: Tensor, copy_distance: float) -> float:
    """Share of samples nearer to a training item than nearly all training items are to another.

    Parameters
    ----------
    distances
        Distance ``(n,)`` of each sample to its nearest training item.
    copy_distance
        First percentile of nearest-neighbour distances within the training items.
    """
    return float((distances < copy_distance).double().mean())


def two_sample_auc(
    generated: Tensor, real: Tensor, *, trees: bool = False, folds: int = 5, seed: int = 0
) -> float:
    """Cross-validated AUC of a classifier that tells samples from real items; 0.5 if it cannot.

    Parameters
    ----------
    generated, real
        Features ``(n, d)`` and ``(m, d)``; only as many of either are used as there are of both.
    trees
        Boosted trees, which take gaps (nan), rather than a logistic regression.

    Source: Lopez-Paz and Oquab, *Revisiting Classifier Two-Sample Tests*, ICLR 2017.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    count = min(len(generated), len(real))
    folds = min(folds, count)
    if folds < 2:
        return float("nan")
    chosen = [each[:: len(each) // count][:count].double() for each in (generated, real)]
    features = torch.cat(chosen).numpy()
    labels = np.repeat([1, 0], count)
    judge = (
        HistGradientBoostingClassifier(max_iter=60, random_state=seed)
        if trees
        else make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    )
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    found = cross_val_predict(judge, features, labels, cv=split, method="predict_proba")
    return float(roc_auc_score(labels, found[:, 1]))
