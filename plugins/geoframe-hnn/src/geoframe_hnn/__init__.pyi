from .estimator import HyperbolicTree as HyperbolicTree
