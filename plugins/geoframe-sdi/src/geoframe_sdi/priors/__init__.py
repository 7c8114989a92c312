"""Diffusion priors that come with this plugin."""
