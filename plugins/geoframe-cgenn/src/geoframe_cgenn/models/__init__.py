"""Networks of Clifford layers; each reads its metric afresh in every pass."""
