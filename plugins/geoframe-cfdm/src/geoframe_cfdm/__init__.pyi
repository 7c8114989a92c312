from .estimator import ClosedFormSampler as ClosedFormSampler
