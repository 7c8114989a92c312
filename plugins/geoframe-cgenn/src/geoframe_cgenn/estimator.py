"""The method as scikit-learn estimators."""

from geoframe import Estimator


class CliffordRegressor(Estimator):
    """Clifford-equivariant network that predicts numbers, vectors or points.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init cgenn``.
    """

    method = "cgenn"


class CliffordClassifier(Estimator):
    """Clifford-equivariant network that predicts classes, of rows or of sets of particles.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init cgenn``.
    """

    method = "cgenn"
