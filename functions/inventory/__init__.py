"""Inventory: stock in shards, and the reservations that hold it for orders."""
