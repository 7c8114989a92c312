"""Asymmetric low-rank adapters: one factor of LoRA trained, the other frozen."""
