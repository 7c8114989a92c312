from .estimator import NeuralSnowflake as NeuralSnowflake
