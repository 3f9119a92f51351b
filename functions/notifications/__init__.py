"""Notifications: what is mailed, and the claim that keeps it from being mailed twice."""
