"""The caches in front of the API."""
