"""Samplers that recombine items near one another: no score, no flow, new items all the same."""
