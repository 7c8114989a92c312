"""Tables that are measured again. Torch-free."""

TABLES = ()
