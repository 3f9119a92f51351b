"""What customers were mailed, as the embedded cloud's mailbox has it."""

from typing import Any

from scripts.kit.customer import ApiError, call
from scripts.kit.endpoints import Endpoints


def mails(endpoints: Endpoints, order_id: str) -> list[dict[str, Any]]:
    """The mails that name an order in their subject; none where mail really leaves.

    Raises ApiError when the mailbox does not answer as it should.
    """
    if endpoints.mail is None:
        return []
    answer = call(endpoints.mail)
    if answer.status != 200:
        raise ApiError(f"The mailbox answers {answer.status}.")
    everything = [mail for account in answer.body["messages"].values() for mail in account]
    return [mail for mail in everything if order_id in mail["Subject"]]
