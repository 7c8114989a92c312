from .estimator import NeuralPathway as NeuralPathway
