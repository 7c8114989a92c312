"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class HyperbolicTree(Estimator):
    """Hyperbolic embedding of a tree.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init hnn``.
    """

    method = "hnn"
