"""States.ALL leaves States.Runtime and States.DataLimitExceeded uncaught.

AWS ("Handling errors in Step Functions workflows", Error names): both are terminal; States.ALL does
not match them, in a Retry nor in a Catch. MiniStack 1.5.33 matches every name. Delete when it makes
the exception.
"""

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import require, wrap

_TERMINAL = ("States.Runtime", "States.DataLimitExceeded")


def apply() -> None:
    """Let the two match only by their own names."""
    require(stepfunctions, "_find_matching_retrier", "_find_matching_catcher")
    stock = stepfunctions._error_matches

    def error_matches(error_equals: list[str], error: str) -> bool:
        if error in _TERMINAL:
            return error in error_equals
        matches: bool = stock(error_equals, error)
        return matches

    wrap(stepfunctions, "_error_matches", error_matches)
