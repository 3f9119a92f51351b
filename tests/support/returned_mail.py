"""Bounces and complaints as SES tells of them, by EventBridge.

Source: "Examples of event data that Amazon SES publishes" of the SES guide.
"""

from collections.abc import Mapping
from typing import Any

AT = "2026-02-01T12:05:00.000Z"


def bounced(address: str, tags: Mapping[str, str], kind: str = "Permanent") -> dict[str, Any]:
    """A mail did not arrive: for good, or (`Transient`) after SES had tried for long."""
    recipient = {
        "emailAddress": address,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": f"smtp; 550 5.1.1 <{address}>: user unknown",
    }
    bounce = {
        "bounceType": kind,
        "bounceSubType": "General",
        "bouncedRecipients": [recipient],
        "timestamp": AT,
        "feedbackId": "feedback-1",
        "reportingMTA": "dsn; mta.example.com",
    }
    return _told("Email Bounced", address, tags, {"eventType": "Bounce", "bounce": bounce})


def complained(
    address: str, tags: Mapping[str, str], feedback: str | None = "abuse"
) -> dict[str, Any]:
    """A reader called a mail spam; or (`not-spam`) took that back."""
    complaint = {
        "complainedRecipients": [{"emailAddress": address}],
        "timestamp": AT,
        "feedbackId": "feedback-2",
        **({"complaintFeedbackType": feedback} if feedback else {}),
    }
    told = {"eventType": "Complaint", "complaint": complaint}
    return _told("Email Complaint Received", address, tags, told)


def _told(
    kind: str, address: str, tags: Mapping[str, str], detail: Mapping[str, Any]
) -> dict[str, Any]:
    mail = {
        "timestamp": "2026-02-01T12:00:00.000Z",
        "messageId": "message-1",
        "source": "orders@shop.example",
        "destination": [address],
        "tags": {
            "ses:configuration-set": ["commerce-local-mail"],
            **{name: [value] for name, value in tags.items()},
        },
    }
    return {"source": "aws.ses", "detail-type": kind, "detail": {**detail, "mail": mail}}
