from .estimator import AsymmetricLoRAModel as AsymmetricLoRAModel
