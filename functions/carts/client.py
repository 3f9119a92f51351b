"""The client of the carts' Redis, made once a process."""

import os
from functools import cache

from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.credentials import CredentialProvider
from redis.retry import Retry

from functions.carts.signing import IamCredentials
from functions.shared.settings import setting

CONNECT_TIMEOUT = 1.0
"""Seconds. The server is next door: one that takes longer is down."""
ANSWER_TIMEOUT = 2.0
"""Seconds."""


@cache
def redis() -> RedisCluster:
    """Encrypted and with the function's own role on AWS; plain on one machine, where there is
    neither certificate nor role.

    A command that got no answer is not sent again: an addition would count twice.
    """
    host, _, port = setting("CART_REDIS").rpartition(":")
    user = os.environ.get("CART_REDIS_USER")
    credentials: CredentialProvider | None = None
    if user is not None:
        credentials = IamCredentials(user, setting("CART_REDIS_CACHE"), setting("AWS_REGION"))
    return RedisCluster(
        host=host,
        port=int(port),
        ssl=credentials is not None,
        credential_provider=credentials,
        decode_responses=True,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
