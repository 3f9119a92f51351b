"""The benchmarks of `make bench`: ours beside a reference or a budget, in one table.

Times are shared with whatever else runs on the machine, so they are compared as ratios, measured
by turns in one run, and never fail the run. What is counted (bytes, calls, units, dollars) does.
"""

import os

# What the functions' metrics are named by is read when they are imported.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Commerce")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "commerce")
