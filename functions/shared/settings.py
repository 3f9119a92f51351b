"""Settings of a deployed function."""

import os


def setting(name: str) -> str:
    """A setting, from the function's environment. A missing one is a fault of the deployment."""
    return os.environ[name]
