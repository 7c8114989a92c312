"""Texts with labels, and prompts with responses: what they are and where they come from."""
