"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class ClosedFormSampler(Estimator):
    """Closed-form diffusion: new items like the given ones, without training.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init cfdm``.
    """

    method = "cfdm"
