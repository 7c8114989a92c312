"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class SelectionEstimator(Estimator):
    """Predicts rows by branches of several geometries and graphs, merged.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init ames``.
    """

    method = "ames"
