"""The method as a scikit-learn estimator."""

from geoframe import Estimator


class AsymmetricLoRAModel(Estimator):
    """A pretrained language model fine-tuned with one factor of LoRA.

    Parameters, attributes and methods are those of :class:`geoframe.Estimator`; the keys of the
    config are shown by ``geoframe init asymlora``.
    """

    method = "asymlora"
