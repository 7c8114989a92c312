"""Trees by name, for examples, benchmarks and reference tables."""
