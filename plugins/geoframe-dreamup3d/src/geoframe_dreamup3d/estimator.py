"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class SceneParser(Estimator):
    """Objects of RGB-D images of tables: masks, poses, whole shapes.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init dreamup3d``.
    """

    method = "dreamup3d"
