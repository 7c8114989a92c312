"""Files of every kind and dialect, good and bad, for readers and methods to be tested with."""
