"""An execution starts at once.

AWS documents no delay between StartExecution and the first state. MiniStack 1.5.33 sleeps 150 ms in
every execution before it enters the first state. Delete when that sleep is gone.
"""

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import edit


def apply() -> None:
    """Take the sleep out."""
    edit(stepfunctions, "_run_execution", ("    time.sleep(0.15)\n", ""))
