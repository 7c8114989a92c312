"""What the hostile files hold, by subject."""
