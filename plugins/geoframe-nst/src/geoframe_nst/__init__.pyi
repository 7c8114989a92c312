from .estimator import NeuralSpacetime as NeuralSpacetime
