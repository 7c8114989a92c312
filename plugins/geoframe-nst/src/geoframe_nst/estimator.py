"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class NeuralSpacetime(Estimator):
    """Neural spacetime of a weighted directed acyclic graph.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init nst``.
    """

    method = "nst"
