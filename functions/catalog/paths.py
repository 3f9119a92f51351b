"""What stands in the paths of the catalog's routes."""

import re
from http import HTTPStatus
from typing import Final

from contracts.ids import SLUG_PATTERN
from functions.shared.problems import Problem

_SLUG: Final = re.compile(SLUG_PATTERN)


def slug(text: str, parameter: str) -> str:
    """An id from a path.

    Raises:
        Problem: 400 naming the parameter if it cannot be one.
    """
    if _SLUG.fullmatch(text) is None:
        detail = "An id is lower case words and digits, joined by hyphens."
        errors = [{"detail": detail, "parameter": parameter}]
        raise Problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)
    return text
