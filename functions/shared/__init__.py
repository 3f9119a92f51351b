"""The small kit that every service uses."""
