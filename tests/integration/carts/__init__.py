"""Carts on a real Valkey in cluster mode."""
