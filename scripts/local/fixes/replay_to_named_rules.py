"""A replay goes only to the rules it names.

AWS ("StartReplay", ReplayDestination): with FilterArns, events are replayed to those rules alone.
MiniStack 1.5.33 sends them to every rule of the bus. Delete when it reads FilterArns.
"""

from ministack.services import eventbridge

from scripts.local.fixes.anchors import after, before, edit


def apply() -> None:
    """Carry the list on each replayed event and skip the other rules."""
    edit(
        eventbridge,
        "_start_replay",
        after(
            'replayed["ReplayName"] = name\n',
            '                replayed["_OnlyRules"] = dest.get("FilterArns")',
        ),
    )
    edit(
        eventbridge,
        "_dispatch_event",
        before(
            '        if rule.get("State") != "ENABLED":\n',
            '        if event.get("_OnlyRules") and rule.get("Arn") not in event["_OnlyRules"]:',
            "            continue",
        ),
    )
