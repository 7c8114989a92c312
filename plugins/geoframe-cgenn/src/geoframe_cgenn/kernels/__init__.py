"""Products and scalings of multivectors in blade-first layout ``(D, batch, channels)``."""
