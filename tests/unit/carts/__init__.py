"""Carts without their store."""
