"""Models without a learned graph, trained on the same rows in the same run."""
