"""Items as points of a geometry: what every embedding method shares. Light at import."""
