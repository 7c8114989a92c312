"""The closed-form sampler: from noise to items along the exact score."""
