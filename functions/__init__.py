"""The services. `checkout` holds what spans them: placing an order and the saga's tasks."""
