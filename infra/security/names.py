"""A template's references as a reviewer reads them: `Table commerce-prod-orders`."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

Resource = Mapping[str, Any]

_OF_THE_ACCOUNT: Final = re.compile(r"arn:<Partition>:([\w-]+):(?:<Region>)?:(?:<AccountId>)?:")
_HASH_OF_ID: Final = re.compile(r"[0-9A-F]{8}$")
_ASSET: Final = re.compile(r"\b[0-9a-f]{64}\b")


class Names:
    """The names of one template's resources."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources
        self._bearers = Counter(map(self._short, resources))

    def of(self, logical_id: str) -> str:
        """Kind and name of a resource: its own name where no other has it, else its id."""
        if logical_id not in self._resources:
            return f"<{logical_id.removeprefix('AWS::')}>"
        short = self._short(logical_id)
        return short if self._bearers[short] == 1 else f"{short.partition(' ')[0]} {logical_id}"

    def _short(self, logical_id: str) -> str:
        resource = self._resources[logical_id]
        properties = resource.get("Properties", {})
        kind = str(resource["Type"]).rpartition("::")[2]
        if kind == "Alias":
            function = properties["FunctionName"]
            of = function if isinstance(function, str) else self._short(function["Ref"])
            return f"{of}:{properties['Name']}"
        own = [
            properties[name]
            for name in (f"{kind}Name", "Name", kind, *properties)
            if name == kind or name.endswith("Name")
            if isinstance(properties.get(name), str)
        ]
        return f"{kind} {own[0] if own else _HASH_OF_ID.sub('', logical_id)}"

    def read(self, value: Any) -> Any:
        """A value with every reference in it replaced by what it means."""
        if isinstance(value, list):
            return [self.read(each) for each in value]
        if isinstance(value, str):
            return _OF_THE_ACCOUNT.sub(r"\1:", _ASSET.sub("<asset>", value))
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((key, inner),) = value.items()
            if key in {"Ref", "Fn::GetAtt", "Fn::Join", "Fn::Sub", "Fn::ImportValue"}:
                return self._reference(key, inner)
        return {key: self.read(inner) for key, inner in sorted(value.items())}

    def _reference(self, function: str, given: Any) -> str:
        match function:
            case "Ref":
                return self.of(given)
            case "Fn::GetAtt":
                return self.of(given[0]) + ("" if given[1] == "Arn" else f".{given[1]}")
            case "Fn::Join":
                separator, parts = given
                joined = separator.join(str(self.read(part)) for part in parts)
                return str(self.read(joined))
            case "Fn::Sub":
                text = given if isinstance(given, str) else given[0]
                return str(self.read(re.sub(r"\$\{(?:AWS::)?(\w+)\}", r"<\1>", text)))
        return f"<{given}>"
