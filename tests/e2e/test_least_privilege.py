"""Every function may do in prod what it does in a run, and nothing else.

The embedded cloud writes down each kind of call that functions make, whichever test is at work;
that prod would refuse none of them is asked again when the platform stops (`conftest.py`). A grant
that no test has used so far is driven here (`drives.py`): alone or in any order, the outcome is the
same.
"""

import re
from typing import Final

import pytest

from scripts.kit.customer import Customer
from tests.e2e.conftest import Shop
from tests.e2e.drives import DRIVES, People
from tests.support.emulator import wait_until
from tests.support.permissions import Call, granted, made, refused, shown

GRANTED: Final = granted()
NOT_BY_THE_FUNCTION: Final = {
    r"logs:(CreateLogStream|PutLogEvents) on LogGroup .*": "Lambda writes what the function prints",
    r"xray:Put(TelemetryRecords|TraceSegments) on \*": "Lambda traces (ADR 0009)",
    r"ec2:\w+ on \*": "Lambda joins the private network",
    r"sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) on Queue commerce-prod-\w+": (
        "Lambda polls the queue: AWSLambdaSQSQueueExecutionRole has these three"
    ),
    r"dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams) on Table .*\.StreamArn": (
        "Lambda polls the stream: AWSLambdaDynamoDBExecutionRole has these four"
    ),
    r"sqs:SendMessage on Queue .*-(OutboxRelay|WatchStock)-parked": (
        "Lambda parks what of a stream the function could not handle"
    ),
    r"elasticache:Connect on (ServerlessCache|User) .*": (
        "no call of an API, it signs the password of a connection; the local Redis asks for none"
    ),
    r"ses:SendEmail on ses:configuration-set/.*": (
        "SES asks for it because the sender's identity has that set: no request names it"
    ),
    r"es:ESHttp\w+ on es:domain/.*": (
        "goes to the engine, not to the cloud: tests/integration/search/test_permissions.py"
    ),
    r"secretsmanager:GetSecretValue on Secret commerce/prod/origin": (
        "there is no edge before the embedded cloud: tests/contracts/test_edge.py"
    ),
    r"cloudfront:CreateInvalidation on cloudfront:distribution/.*": (
        "there is no edge before the embedded cloud: tests/unit/edge"
    ),
}
"""What the role is used for by others than the function's code, or past the embedded cloud."""
NOT_IN_A_RUN: Final = {
    (name, ("dynamodb:DeleteItem", "Table commerce-prod-orders")): (
        "gives a mail's claim back when SES has refused to take it for now, which the embedded SES "
        "never does: tests/unit/notifications, and the fault matrix for the confirmation"
    )
    for name in ("InformCustomer", "SendConfirmation")
}
"""Grants that no run on the embedded cloud can use, and which test does."""


ALIKE: Final = {"RedriveParked": r"(?<=commerce-prod-)\w+"}
"""Functions that do to each of a list of resources what they do to one of them: what their names
differ in. The list is a setting of theirs, made from the same resources as their grants
(`infra/redriving.py`).
"""


def _by_function(call: Call) -> bool:
    told = f"{call[0]} on {call[1]}"
    return not any(re.fullmatch(pattern, told) for pattern in NOT_BY_THE_FUNCTION)


def _own(function: str) -> set[Call]:
    """What is granted for the function's own code to use."""
    return _alike(
        function,
        {
            call
            for call in GRANTED[function]
            if _by_function(call) and (function, call) not in NOT_IN_A_RUN
        },
    )


def _alike(function: str, calls: set[Call]) -> set[Call]:
    """The calls, with resources that the function treats alike as one."""
    differing = ALIKE.get(function, r"(?!)")
    return {(action, re.sub(differing, "*", resource)) for action, resource in calls}


@pytest.fixture(scope="module")
def people(shop: Shop, ada: Customer, grace: Customer) -> People:
    return People(shop, ada, grace)


GRANTEES: Final = sorted(name for name in GRANTED if _own(name))


def test_every_function_with_a_grant_has_a_drive() -> None:
    assert sorted(DRIVES) == GRANTEES, "say in drives.py what has it use its grants"


@pytest.mark.parametrize("function", GRANTEES)
def test_every_grant_is_used_in_a_run(shop: Shop, people: People, function: str) -> None:
    def unused() -> set[Call]:
        return _own(function) - _alike(function, made(shop.calls).get(function, set()))

    for drive in DRIVES.get(function, ()) if unused() else ():
        drive(people)
    wait_until(
        lambda: not unused(),
        lambda: f"{function} to use what it is granted:\n{shown(unused())}",
        seconds=60,
    )


def test_prod_would_refuse_no_call(shop: Shop) -> None:
    assert refused(shop.calls) == []


def test_every_exception_still_excepts_something(shop: Shop) -> None:
    everything = {f"{a} on {r}" for calls in GRANTED.values() for a, r in calls}
    for pattern, reason in NOT_BY_THE_FUNCTION.items():
        assert any(re.fullmatch(pattern, told) for told in everything), (pattern, reason)
    for (function, call), reason in NOT_IN_A_RUN.items():
        assert call in GRANTED[function], (function, call, reason)
    seen = made(shop.calls)
    used = [(f, c) for f, calls in seen.items() for c in calls if (f, c) in NOT_IN_A_RUN]
    assert used == [], "a run uses it after all"
    by_code = {
        f"{a} on {r}" for calls in seen.values() for a, r in calls if not _by_function((a, r))
    }
    assert by_code == set(), "a function's code does it after all"
