from .estimator import CliffordClassifier as CliffordClassifier
from .estimator import CliffordRegressor as CliffordRegressor
