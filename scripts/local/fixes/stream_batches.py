"""A failed batch of a table's stream is retried, split, taken in part, or given up, as configured.

AWS ("Using AWS Lambda with Amazon DynamoDB streams": error handling, partial batch responses):
with ReportBatchItemFailures everything before the lowest reported sequence number is done and the
rest is delivered again; with BisectBatchOnFunctionError a failed batch is delivered in halves,
which costs no attempt; after MaximumRetryAttempts what is left of the batch goes to the on-failure
destination and the shard moves on. MiniStack 1.5.33 takes a partial answer for success and delivers
a failed batch unchanged until it expires. Delete when it reads the three settings.
"""

import time
from typing import Any

from ministack.services import lambda_svc

from scripts.local.fixes.anchors import after, before, edit, require

_FIRST_BACKOFF_SECONDS = 0.1
_LAST_BACKOFF_SECONDS = 1.0

Record = dict[str, Any]

# Per event source, while a batch fails: the failed record and its attempts, and the size to try.
_failing: dict[str, tuple[str, int]] = {}
_sizes: dict[str, int] = {}


def batch_size(source: dict[str, Any]) -> int:
    """How many records to read next."""
    size: int = _sizes.pop(source["UUID"], 0) or source.get("BatchSize", 100)
    return size


def settle(
    source: dict[str, Any],
    function: dict[str, Any],
    read: list[Record],
    batch: list[Record],
    result: dict[str, Any],
) -> int | None:
    """How many of the records read are done with after this invocation; none if all succeeded.

    Args:
        source: the event source mapping.
        function: the function's record, for the note to the on-failure destination.
        read: the records read from the stream.
        batch: those of them that passed the filter and were delivered.
        result: of the invocation.
    """
    key = source["UUID"]
    first_failed = _first_failed(source, batch, result)
    if first_failed is None:
        _failing.pop(key, None)
        return None
    if result.get("error") and source.get("BisectBatchOnFunctionError") and len(batch) > 1:
        _sizes[key] = _position(read, batch[len(batch) // 2])
        return 0
    failed = _sequence_number(batch[first_failed])
    attempts = _failing[key][1] + 1 if _failing.get(key, ("", 0))[0] == failed else 1
    _failing[key] = (failed, attempts)
    allowed = source.get("MaximumRetryAttempts", -1)
    if allowed is not None and 0 <= int(allowed) < attempts:
        del _failing[key]
        lambda_svc._send_ddb_stream_failure_record(
            source,
            function,
            batch[first_failed:],
            source["EventSourceArn"],
            result,
            "RetryAttemptsExhausted",
        )
        return len(read)
    backoff = min(_FIRST_BACKOFF_SECONDS * 2 ** (attempts - 1), _LAST_BACKOFF_SECONDS)
    lambda_svc._esm_backoff_until[key] = time.time() + backoff
    if result.get("error"):
        _sizes[key] = len(read)
    return _position(read, batch[first_failed])


def _first_failed(
    source: dict[str, Any], batch: list[Record], result: dict[str, Any]
) -> int | None:
    """Where in the batch the function stopped; none if it took everything."""
    if result.get("error"):
        return 0
    body = result.get("body")
    partial = "ReportBatchItemFailures" in (source.get("FunctionResponseTypes") or [])
    if not partial or not isinstance(body, dict):
        return None
    failures = {item.get("itemIdentifier") for item in body.get("batchItemFailures") or []}
    if not failures:
        return None
    numbers = [_sequence_number(record) for record in batch]
    return next((at for at, number in enumerate(numbers) if number in failures), 0)


def _sequence_number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _position(read: list[Record], record: Record) -> int:
    return [_sequence_number(each) for each in read].index(_sequence_number(record))


def apply() -> None:
    """Ask `settle` before MiniStack judges an invocation by its error alone."""
    require(lambda_svc, "_send_ddb_stream_failure_record", "_esm_backoff_until")
    lambda_svc._stream_batch_size = batch_size
    lambda_svc._settle_stream_batch = settle
    edit(
        lambda_svc,
        "_poll_dynamodb_streams",
        ('batch_size = esm.get("BatchSize", 100)', "batch_size = _stream_batch_size(esm)"),
        after("            raw_len = len(batch)\n", "            read = batch"),
        after(
            "            result = _execute_function(func_rec, event)\n",
            "            done = _settle_stream_batch(esm, func_rec, read, batch, result)",
        ),
        before(
            '            if result.get("error"):\n',
            "            if done is not None and not _is_too_old(esm, batch):",
            "                with _dynamodb_stream_positions_lock:",
            "                    _dynamodb_stream_positions[esm_id] = pos + done",
            '                esm["LastProcessingResult"] = "PROBLEM: Function call failed"',
            "                processed_any = True",
            "                continue",
        ),
    )
    lambda_svc._is_too_old = _is_too_old


def _is_too_old(source: dict[str, Any], batch: list[Record]) -> bool:
    """Whether MiniStack itself gives the batch up, by MaximumRecordAgeInSeconds."""
    limit = source.get("MaximumRecordAgeInSeconds") or -1
    arrived = (float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in batch)
    return 0 < int(limit) < time.time() - min(arrived)
