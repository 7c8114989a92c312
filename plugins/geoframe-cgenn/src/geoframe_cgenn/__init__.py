"""Clifford-equivariant networks whose metric is fixed or learned."""
