from .estimator import Distiller as Distiller
from .guidance.loss import ScoreDistillation as ScoreDistillation
