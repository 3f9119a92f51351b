"""Search without an engine."""
