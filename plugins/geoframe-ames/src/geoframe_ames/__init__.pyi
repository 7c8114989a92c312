from .estimator import SelectionEstimator as SelectionEstimator
