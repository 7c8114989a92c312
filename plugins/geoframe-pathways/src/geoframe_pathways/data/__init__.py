"""Tables: reading them and turning their columns into numbers."""
