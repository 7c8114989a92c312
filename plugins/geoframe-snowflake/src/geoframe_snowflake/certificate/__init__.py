"""How faithful an embedding is: measures, triangles, known curves, and what they say."""
