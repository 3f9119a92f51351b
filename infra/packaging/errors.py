"""The one error of this package."""


class PackagingError(Exception):
    """A Lambda package cannot be built. The message says what to do."""
