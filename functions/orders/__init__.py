"""Orders: their states, their items, and what their customers read of them."""
