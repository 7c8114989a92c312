"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class LatentGraphEstimator(Estimator):
    """Predicts rows over a graph that is learned with the prediction.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init lgi``.
    """

    method = "lgi"
