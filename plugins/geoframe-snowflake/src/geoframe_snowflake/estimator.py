"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class NeuralSnowflake(Estimator):
    """Neural snowflake: a trained quasi-metric, or an isometric embedding, of given distances.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init snowflake``.
    """

    method = "snowflake"
