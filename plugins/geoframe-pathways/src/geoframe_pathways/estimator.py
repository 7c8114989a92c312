"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class NeuralPathway(Estimator):
    """Neural pathways: a table's target predicted by many small experts.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init pathways``.
    """

    method = "pathways"
