"""Logging in to ElastiCache with the function's own role.

Source: "Authenticating with IAM" of the ElastiCache guide: the password is a presigned request
`connect`, without its scheme, good for 15 minutes; a connection lives at most 12 hours.
"""

from botocore.exceptions import NoCredentialsError
from botocore.model import ServiceId
from botocore.session import get_session
from botocore.signers import RequestSigner
from redis.credentials import CredentialProvider

TOKEN_SECONDS = 900


class IamCredentials(CredentialProvider):
    """A fresh token for each connection.

    Args:
        user: the ElastiCache user, whose name is its id.
        cache: the serverless cache's name.
    """

    def __init__(self, user: str, cache: str, region: str) -> None:
        self._user, self._cache, self._region = user, cache, region
        session = get_session()
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        self._signer = RequestSigner(
            ServiceId("elasticache"),
            region,
            "elasticache",
            "v4",
            credentials,
            session.get_component("event_emitter"),
        )

    def get_credentials(self) -> tuple[str, str]:
        """User and token."""
        query = f"Action=connect&ResourceType=ServerlessCache&User={self._user}"
        url = self._signer.generate_presigned_url(
            {
                "method": "GET",
                "url": f"https://{self._cache}/?{query}",
                "body": {},
                "headers": {},
                "context": {},
            },
            operation_name="connect",
            expires_in=TOKEN_SECONDS,
            region_name=self._region,
        )
        return self._user, url.removeprefix("https://")
