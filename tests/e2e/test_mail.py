"""Mail that comes back, on the deployed shop. The embedded cloud's SES delivers everything, so what
SES would tell is put where the rule on the default bus would put it: nobody else may speak for SES.
"""

import json
from typing import Any
from uuid import uuid4

from contracts.events.carts import CartAbandoned, CartLine
from contracts.events.envelope import Envelope
from functions.notifications.claims import CART, EmailWrites, MailId, email_key
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.endpoints import User
from scripts.local.people import PASSWORD, add_person
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE
from tests.support.emulator import wait_until
from tests.support.returned_mail import bounced


def claim(shop: Shop, customer_id: str, template: str) -> dict[str, Any]:
    """What is noted of a mail about somebody's cart."""
    table = shop.endpoints.tables["orders"]
    key = email_key(customer_id, template, CART)
    return DynamoDatabase(lambda: shop.clients.dynamodb).read({table: [key]})[table].get(key, {})


def somebody_whose_mail_bounced(shop: Shop) -> str:
    """A new customer, by subject, of whom SES has told that a mail did not arrive."""
    address, pool = f"{uuid4().hex}@example.com", shop.endpoints.user_pool
    customer_id = add_person(shop.clients, pool, User(uuid4().hex, PASSWORD, "customer"), address)
    mail = MailId(CART, customer_id, "CartAbandoned#before", customer_id)
    database = DynamoDatabase(lambda: shop.clients.dynamodb)
    database.write(EmailWrites.of(shop.endpoints.tables["orders"], mail).claim(customer_id))
    queue = shop.clients.sqs.get_queue_url(QueueName="commerce-local-NoteReturnedMail")
    told = json.dumps(bounced(address, mail.tags()))
    shop.clients.sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody=told)
    wait_until(
        lambda: claim(shop, customer_id, mail.template).get("returned") == "BOUNCED",
        "the bounce to be noted",
        seconds=EVENTS_PATIENCE,
    )
    return customer_id


def test_who_cannot_be_reached_is_mailed_no_more(shop: Shop) -> None:
    customer_id = somebody_whose_mail_bounced(shop)
    line = CartLine(product_id="house-espresso-beans", variant_id="250g", quantity=1)
    abandoned = Envelope.wrap(
        CartAbandoned(customer_id=customer_id, lines=(line,)),
        aggregate_id=f"cart-{customer_id}",
        aggregate_version=1,
        correlation_id=customer_id,
        occurred_at=utc_now(),
    )
    shop.clients.events.put_events(
        Entries=[
            {
                "EventBusName": shop.endpoints.bus,
                "Source": CartAbandoned.SOURCE,
                "DetailType": "CartAbandoned",
                "Detail": abandoned.model_dump_json(by_alias=True),
            }
        ]
    )
    template = f"CartAbandoned#{abandoned.metadata.event_id}"
    wait_until(
        lambda: claim(shop, customer_id, template).get("state") == "UNDELIVERABLE",
        "nothing to be sent",
        seconds=EVENTS_PATIENCE,
    )
