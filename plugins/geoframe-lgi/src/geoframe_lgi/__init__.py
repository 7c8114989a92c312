"""Latent graph inference: who is related to whom, learned for a prediction."""
