"""Carts, in Redis: what customers mean to buy, for seven days."""
