"""Which branches count, and which geometry the data have."""
