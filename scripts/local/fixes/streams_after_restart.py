"""A table's stream survives a stop together with its readers' positions.

AWS ("Change data capture for DynamoDB Streams"): records stay readable for 24 hours, whatever
happens to their readers. MiniStack 1.5.33 saves how far each event source has read, but not the
records: after a restart the stream begins at zero again, and everything before the saved position
is passed over, silently. Delete when it saves the records. (Here what all event sources have read
is not saved: a source created after a restart begins behind it.)
"""

from typing import Any

from ministack.services import dynamodb, lambda_svc

from scripts.local.fixes.anchors import require, wrap

_KEY = "streams"


def _streams() -> dict[str, Any]:
    """Each stream's position and the records from there, by account, region and table."""
    streams = {}
    for scope, records in dynamodb._stream_records.all_items():
        account, region, table = scope
        trimmed = dynamodb._stream_trimmed.get_scoped(account, region, table, 0)
        read = max(0, min(_positions(account, region, table), default=trimmed) - trimmed)
        streams["/".join(scope)] = {"position": trimmed + read, "records": records[read:]}
    return {"streams": streams, "sequence": dynamodb._stream_seq_counter}


def _positions(account: str, region: str, table: str) -> list[int]:
    """How far the event sources of a table have read."""
    stream = f":{region}:{account}:table/{table}/stream/"
    return [
        position
        for scope, position in lambda_svc._dynamodb_stream_positions.all_items()
        if stream in (lambda_svc._esms.get_scoped(*scope) or {}).get("EventSourceArn", "")
    ]


def _restore(saved: dict[str, Any]) -> None:
    for name, stream in saved["streams"].items():
        account, region, table = name.split("/")
        dynamodb._stream_trimmed.set_scoped(account, region, table, stream["position"])
        dynamodb._stream_records.set_scoped(account, region, table, stream["records"])
    dynamodb._stream_seq_counter = saved["sequence"]


def apply() -> None:
    """Add the streams to what is saved and loaded with the tables."""
    require(dynamodb, "_stream_records", "_stream_trimmed", "_stream_seq_counter")
    require(lambda_svc, "_dynamodb_stream_positions", "_esms")
    get_state, load = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state_with_streams() -> dict[str, Any]:
        return {**get_state(), _KEY: _streams()}

    def load_with_streams(state: dict[str, Any]) -> None:
        load(state)
        if _KEY in state:
            _restore(state[_KEY])

    wrap(dynamodb, "get_state", get_state_with_streams)
    wrap(dynamodb, "load_persisted_state", load_with_streams)
