"""Guidance: what score distillation subtracts from what, and when."""
