"""Search on a real engine."""
