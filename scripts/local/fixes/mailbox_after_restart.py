"""What was mailed is still known after a restart.

AWS has no mailbox: a mail that SES sent is with the customer. The embedded cloud keeps it instead,
for people and tests to read, and MiniStack 1.5.33 forgets it at every stop, while the orders that
it confirmed stay. Delete when it saves sent messages.
"""

from typing import Any

from ministack.services import ses

from scripts.local.fixes.anchors import require, wrap

_KEY = "_sent_emails"


def apply() -> None:
    """Add the sent messages to what is saved and loaded."""
    require(ses, _KEY)
    get_state, load = ses.get_state, ses.load_persisted_state

    def get_state_with_mails() -> dict[str, Any]:
        return {**get_state(), _KEY: ses._sent_emails}

    def load_with_mails(state: dict[str, Any]) -> None:
        load(state)
        ses._sent_emails.update(state.get(_KEY, {}))

    wrap(ses, "get_state", get_state_with_mails)
    wrap(ses, "load_persisted_state", load_with_mails)
