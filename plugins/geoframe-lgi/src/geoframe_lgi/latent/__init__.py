"""The graph modules: latent points, the edges drawn between them, and what edges are credited."""
