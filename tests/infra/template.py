"""A synthesised template as the tests ask about it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """CloudFormation's document of one stage."""

    document: dict[str, Any]

    @classmethod
    def read(cls, assembly: Path, stack: str) -> "Template":
        """The template in a cloud assembly."""
        return cls(json.loads((assembly / f"{stack}.template.json").read_text()))

    @property
    def resources(self) -> dict[str, Resource]:
        """Every resource by its logical id."""
        resources: dict[str, Resource] = self.document["Resources"]
        return resources

    def of_type(self, kind: str) -> dict[str, Resource]:
        """The properties of all resources of this type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def functions(self) -> dict[str, Resource]:
        """The functions' properties by their name without the stage, the CDK's own left out."""
        found = [
            function
            for function in self.of_type("AWS::Lambda::Function").values()
            if "FunctionName" in function
        ]
        return {each["FunctionName"].split("-", 2)[2]: each for each in found}

    def machines(self) -> dict[str, Resource]:
        """The state machines' properties by their name without the stage."""
        found = self.of_type("AWS::StepFunctions::StateMachine").values()
        return {each["StateMachineName"].split("-", 2)[2]: each for each in found}

    def function_of_alias(self, reference: Any) -> str:
        """The function whose alias `live` is referred to. Fails if it is anything else."""
        (alias,) = [
            properties
            for name, properties in self.of_type("AWS::Lambda::Alias").items()
            if {"Ref": name} == reference
        ]
        assert alias["Name"] == "live"
        function = self.resources[alias["FunctionName"]["Ref"]]
        name: str = function["Properties"]["FunctionName"]
        return name.split("-", 2)[2]

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every role and policy, with the logical id of its owner."""
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, statement
        for name, policy in self.of_type("AWS::IAM::Policy").items():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement

    def get(self, reference: Any) -> Resource:
        """The properties of what `Ref` or `Fn::GetAtt` names."""
        name = reference.get("Ref") or reference["Fn::GetAtt"][0]
        properties: Resource = self.resources[name]["Properties"]
        return properties


def as_list(value: Any) -> list[Any]:
    """CloudFormation's single values as lists of one."""
    return value if isinstance(value, list) else [value]
