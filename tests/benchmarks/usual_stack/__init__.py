"""The stack that most Python services on Lambda ship: the reference of the benchmarks.

Not imported here: its files are copied into a package of their own (`tests.benchmarks.packages`).
"""
