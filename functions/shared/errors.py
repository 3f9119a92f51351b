"""Technical errors. Business errors stand in `contracts.errors`.

TechnicalError
├── RetryableError       certainly no effect; the same attempt may succeed later
│   ├── Contended            other transactions hold the same items
│   └── Throttled            a dependency asks for patience
├── AmbiguousError       the effect is unknown; the retry looks first what became of it
└── Inconsistent         the data contradicts the saga; a person must look
"""


class TechnicalError(Exception):
    """Base of failures that say nothing about the order itself."""


class RetryableError(TechnicalError):
    """The attempt had no effect."""


class Contended(RetryableError):
    """Other transactions hold the same items, longer than this task waits."""


class Throttled(RetryableError):
    """A dependency refused the call for its rate."""


class AmbiguousError(TechnicalError):
    """The answer was lost: the call may have had its effect."""


class Inconsistent(TechnicalError):
    """Items contradict each other in a way that no step of the saga produces."""
