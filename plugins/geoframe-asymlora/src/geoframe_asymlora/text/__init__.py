"""Pretrained models on texts: tokens, heads, one training, its measures."""
