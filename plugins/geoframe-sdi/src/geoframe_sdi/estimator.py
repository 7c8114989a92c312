"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class Distiller(Estimator):
    """Score distillation: a scene that follows a diffusion model of the given images.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init sdi``.
    """

    method = "sdi"
