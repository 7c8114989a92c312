"""The Clifford algebra of a quadratic form: blades, products, outermorphisms, versors."""
