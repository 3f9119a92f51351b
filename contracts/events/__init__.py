"""Domain events, one module per service that publishes them."""
