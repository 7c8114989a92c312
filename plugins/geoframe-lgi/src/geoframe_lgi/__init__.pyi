from .estimator import LatentGraphEstimator as LatentGraphEstimator
