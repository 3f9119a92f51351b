"""Engines beside the embedded cloud that stand for managed services: a folder each."""
