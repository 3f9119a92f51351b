"""One consistent picture of everything, written to the state folder.

MiniStack saves one service after the other while its threads go on: a service whose dictionary
changes meanwhile is not saved at all, and two services are saved at two moments. Here no other
thread runs between the first service and the last: what is written later belongs together.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from ministack.core import persistence

_LONGER_THAN_ANY_SNAPSHOT_SECONDS = 3600.0


def save(services: dict[str, Callable[[], object]]) -> None:
    """Save the state that each service's function returns, in MiniStack's own format."""
    texts = {}
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_LONGER_THAN_ANY_SNAPSHOT_SECONDS)
    try:
        for name, get_state in services.items():
            state = get_state()
            if state is not None:
                version = persistence._state_format_version(name)
                wrapped = {"__ministack_format__": version, "payload": state}
                texts[name] = json.dumps(wrapped, default=persistence._json_default)
    finally:
        sys.setswitchinterval(usual)
    folder = Path(persistence.STATE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        unfinished = folder / f"{name}.json.tmp"
        unfinished.write_text(text)
        unfinished.replace(folder / f"{name}.json")
