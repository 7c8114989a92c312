"""Points and a curve fitted together, without a trainer."""
