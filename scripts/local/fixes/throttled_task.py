"""A task whose function is throttled fails with Lambda.TooManyRequestsException.

AWS ("Best practices for Step Functions", Handle transient Lambda service exceptions): the service's
exceptions reach a Retry under their names with the prefix `Lambda.`. MiniStack 1.5.33 throttles,
but names the error Lambda.Unknown. Delete when it keeps the name.
"""

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import before, edit


def apply() -> None:
    """Name the error after the throttled response."""
    edit(
        stepfunctions,
        "_call_lambda",
        before(
            '    if result.get("error"):\n',
            '    if result.get("throttle"):',
            '        refusal = result["body"]',
            '        raise _ExecutionError("Lambda." + refusal["__type"], refusal["message"])',
        ),
    )
