"""Several latent graphs and geometries at once: which of them predict, and which the data have."""
