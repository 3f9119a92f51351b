"""The fault matrix: every task of the saga with every fault, alone and in pairs.

A case is data (`cases`): an order's shape, what it would come to, what goes wrong. `running` sends
one order through it, `strikes` lets the faults happen, `report` tells what came of all.
"""
