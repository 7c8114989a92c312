"""Neural snowflakes: trainable (quasi-)metrics."""
