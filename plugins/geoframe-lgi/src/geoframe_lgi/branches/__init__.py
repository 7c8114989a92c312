"""Networks on fixed graphs: of the features' nearest neighbours, or the graph that was given."""
