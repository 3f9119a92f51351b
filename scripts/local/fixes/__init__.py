"""The gaps of MiniStack 1.5.33 that this platform meets, one short module each.

A module's name is the gap's name, its docstring what AWS does, what MiniStack does, and when the
module can be deleted; `apply` closes the gap in this process. Each has a test in
`tests/conformance` that fails without it.
"""

from importlib import import_module, metadata

MINISTACK = "1.5.33"

# In the order they are applied: fixes that edit one function build on each other's text.
NAMES = (
    "runtime_interface_client",
    "burst_of_cold_starts",
    "replaced_code",
    "prompt_execution_start",
    "retry_delay",
    "ended_executions",
    "execution_timeout",
    "redrive_execution",
    "interrupted_executions",
    "execution_history",
    "execution_name_idempotency",
    "uncatchable_errors",
    "throttled_task",
    "failed_function_over_http",
    "event_archive_resource",
    "replay_to_named_rules",
    "stream_poll_rate",
    "stream_batches",
    "streams_after_restart",
    "mailbox_after_restart",
    "messages_in_flight",
    "message_move_tasks",
    "batching_window",
)


class VersionError(RuntimeError):
    """The installed MiniStack is not the release that the fixes were written for."""


def apply_all(without: frozenset[str] = frozenset()) -> None:
    """Close every gap except those named.

    Raises:
        VersionError: another release is installed.
        AnchorMissingError: a fix no longer finds what it changes.
        ValueError: `without` names no fix.
    """
    installed = metadata.version("ministack")
    if installed != MINISTACK:
        raise VersionError(f"the fixes are for MiniStack {MINISTACK}, {installed} is installed")
    if unknown := without.difference(NAMES):
        raise ValueError(f"no such fix: {', '.join(sorted(unknown))}")
    for name in NAMES:
        if name not in without:
            import_module(f"{__name__}.{name}").apply()
