"""AWS::Events::Archive in CloudFormation.

AWS ("AWS::Events::Archive"): Ref is the archive's name, Arn an attribute; Description, EventPattern
and RetentionDays update without replacement. MiniStack 1.5.33 has the API but not the resource type
and refuses the template. Delete when it takes the type.
"""

import json
from typing import Any

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

from scripts.local.fixes.anchors import AnchorMissingError, require

_TYPE = "AWS::Events::Archive"


def _request(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    pattern = properties.get("EventPattern", "")
    return {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "Description": properties.get("Description", ""),
        "EventPattern": json.dumps(pattern) if isinstance(pattern, dict) else pattern,
        "RetentionDays": int(properties.get("RetentionDays", 0)),
    }


def _attributes(name: str, response: tuple[int, Any, bytes]) -> dict[str, str]:
    status, _, body = response
    if status >= 400:
        raise ValueError(f"{_TYPE} {name}: {body.decode()}")
    return {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}


def _create(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    name = properties.get("ArchiveName") or provisioners._physical_name(
        stack, logical_id, max_len=48
    )
    return name, _attributes(name, eventbridge._create_archive(_request(name, properties)))


def _update(
    name: str, _old: dict[str, Any], new: dict[str, Any], _stack: str, *_: Any
) -> tuple[str, dict[str, str]]:
    return name, _attributes(name, eventbridge._update_archive(_request(name, new)))


def _delete(name: str, _properties: dict[str, Any]) -> None:
    eventbridge._delete_archive({"ArchiveName": name})


def apply() -> None:
    """Register the type."""
    require(eventbridge, "_create_archive", "_update_archive", "_delete_archive")
    if _TYPE in provisioners._RESOURCE_HANDLERS:
        raise AnchorMissingError(f"MiniStack provisions {_TYPE} itself: delete this fix")
    provisioners._RESOURCE_HANDLERS[_TYPE] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
