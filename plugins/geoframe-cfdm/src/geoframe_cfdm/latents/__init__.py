"""Autoencoders: sampling in latent coordinates instead of pixels."""
