"""What of the templates decides who may do what, and what becomes of data.

Of a kind that is listed in `_OF_KIND` these properties count; of any other kind all do, so that
what is new is seen until somebody has said what of it matters.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.security.names import Names, Resource

Document = dict[str, Any]

_OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::ApiGatewayV2::Api": ("CorsConfiguration", "DisableExecuteApiEndpoint"),
    "AWS::ApiGatewayV2::Integration": (),
    "AWS::ApiGatewayV2::Stage": ("AccessLogSettings",),
    "AWS::CDK::Metadata": (),
    "AWS::CloudWatch::Alarm": (),
    "AWS::CloudWatch::CompositeAlarm": (),
    "AWS::CloudWatch::Dashboard": (),
    "AWS::Cognito::UserPool": (
        "AccountRecoverySetting",
        "AdminCreateUserConfig",
        "DeletionProtection",
        "MfaConfiguration",
        "Policies",
        "UserPoolAddOns",
    ),
    "AWS::DynamoDB::Table": (
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "TimeToLiveSpecification",
    ),
    "AWS::EC2::RouteTable": (),
    "AWS::EC2::Subnet": ("MapPublicIpOnLaunch",),
    "AWS::EC2::SubnetRouteTableAssociation": (),
    "AWS::EC2::VPC": (),
    "AWS::Events::Archive": ("KmsKeyIdentifier", "RetentionDays"),
    "AWS::Events::Rule": (),
    "AWS::Lambda::Alias": (),
    "AWS::Lambda::EventSourceMapping": ("KmsKeyArn",),
    "AWS::Lambda::Version": (),
    "AWS::Logs::LogGroup": ("DataProtectionPolicy", "KmsKeyId", "RetentionInDays"),
    "AWS::OpenSearchService::Domain": (
        "AdvancedSecurityOptions",
        "DomainEndpointOptions",
        "EncryptionAtRestOptions",
        "NodeToNodeEncryptionOptions",
        "VPCOptions",
    ),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId", "MessageRetentionPeriod", "SqsManagedSseEnabled"),
    "AWS::SecretsManager::Secret": ("KmsKeyId", "SecretString"),
    "AWS::StepFunctions::StateMachine": ("EncryptionConfiguration", "LoggingConfiguration"),
}
_TOLD_ELSEWHERE: Final = {
    "AWS::ApiGatewayV2::Route",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
}
_PLAIN: Final = {"Action", "Effect", "Resource", "Sid"}


@dataclass(frozen=True, slots=True)
class StackTemplate:
    """One stack of a stage.

    Attributes:
        protected: from deletion.
        resources: of its template, by logical id.
    """

    protected: bool
    resources: Mapping[str, Resource]


def snapshot(stacks: Mapping[str, StackTemplate]) -> Document:
    """The document of all stacks of a stage, by their names."""
    return {
        name: {"terminationProtection": stack.protected, **_of_stack(stack.resources)}
        for name, stack in sorted(stacks.items())
    }


def _of_stack(resources: Mapping[str, Resource]) -> Document:
    names = Names(resources)
    found: Document = {
        "functions": dict(_functions(resources, names)),
        "roles": dict(_other_roles(resources, names)),
        "routes": dict(_routes(resources, names)),
        "resourcePolicies": dict(_resource_policies(resources, names)),
        "settings": dict(_settings(resources, names)),
    }
    return {section: content for section, content in found.items() if content}


def _functions(resources: Mapping[str, Resource], names: Names) -> Iterator[tuple[str, Document]]:
    for logical_id, resource in _of_type(resources, "AWS::Lambda::Function"):
        properties = resource["Properties"]
        role = properties["Role"]["Fn::GetAtt"][0]
        more = {
            name: names.read(properties[name])
            for name in ("KmsKeyArn", "VpcConfig")
            if name in properties
        }
        yield (
            names.of(logical_id).removeprefix("Function "),
            {**_role(role, resources, names), "calledBy": _callers(logical_id, resources, names)}
            | more,
        )


def _callers(function: str, resources: Mapping[str, Resource], names: Names) -> list[str]:
    """Who may call it by its resource policy."""
    name = names.of(function)
    found = set()
    for _, permission in _of_type(resources, "AWS::Lambda::Permission"):
        properties = permission["Properties"]
        called = names.read(properties["FunctionName"])
        if called.partition(":")[0] == name:
            source = names.read(properties.get("SourceArn", "anything"))
            found.add(f"{properties['Principal']} for {source} {called.partition(':')[2]}".strip())
    return sorted(found)


def _other_roles(resources: Mapping[str, Resource], names: Names) -> Iterator[tuple[str, Document]]:
    of_functions = {
        function["Properties"]["Role"]["Fn::GetAtt"][0]
        for _, function in _of_type(resources, "AWS::Lambda::Function")
    }
    for logical_id, _ in _of_type(resources, "AWS::IAM::Role"):
        if logical_id not in of_functions:
            role = _role(logical_id, resources, names)
            yield names.of(logical_id).removeprefix("Role "), role


def _role(logical_id: str, resources: Mapping[str, Resource], names: Names) -> Document:
    """Who may take a role, and what it then may do, by resource.

    `special`: statements that refuse something, or allow it on conditions only.
    """
    properties = resources[logical_id]["Properties"]
    policies = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    policies += [
        policy["Properties"]["PolicyDocument"]
        for _, policy in _of_type(resources, "AWS::IAM::Policy")
        if {"Ref": logical_id} in policy["Properties"].get("Roles", [])
    ]
    may: dict[str, list[str]] = {}
    special: list[str] = []
    for statement in (one for policy in policies for one in policy["Statement"]):
        if statement["Effect"] != "Allow" or set(statement) - _PLAIN:
            special.append(_in_words(statement, names))
            continue
        for resource in _list(statement["Resource"]):
            actions = may.setdefault(names.read(resource), [])
            actions += _list(statement["Action"])
    trust = [_in_words(one, names) for one in properties["AssumeRolePolicyDocument"]["Statement"]]
    managed = names.read(properties.get("ManagedPolicyArns", []))
    return {
        "assumedBy": trust,
        "may": {resource: sorted(set(actions)) for resource, actions in sorted(may.items())},
        **({"special": sorted(special)} if special else {}),
        **({"managedPolicies": managed} if managed else {}),
    }


def _routes(resources: Mapping[str, Resource], names: Names) -> Iterator[tuple[str, str]]:
    routes = sorted(
        (route["Properties"] for _, route in _of_type(resources, "AWS::ApiGatewayV2::Route")),
        key=lambda properties: properties["RouteKey"].split()[::-1],
    )
    for properties in routes:
        kind = properties.get("AuthorizationType", "NONE")
        authoriser = names.read(properties.get("AuthorizerId", ""))
        yield properties["RouteKey"], "public" if kind == "NONE" else f"{kind} {authoriser}".strip()


def _resource_policies(
    resources: Mapping[str, Resource], names: Names
) -> Iterator[tuple[str, list[str]]]:
    """Statements that stand at resources, whatever the property is called that they stand in."""
    for logical_id, resource in sorted(resources.items()):
        if resource["Type"] in _TOLD_ELSEWHERE:
            continue
        said = [
            _in_words(statement, names)
            for value in resource.get("Properties", {}).values()
            if isinstance(value, dict) and isinstance(value.get("Statement"), list)
            for statement in value["Statement"]
        ]
        if said:
            yield names.of(logical_id), sorted(said)


def _settings(resources: Mapping[str, Resource], names: Names) -> Iterator[tuple[str, Document]]:
    found: dict[str, Document] = {}
    for logical_id, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in _TOLD_ELSEWHERE:
            continue
        counted = _OF_KIND.get(kind, tuple(properties))
        own = {
            name: names.read(properties[name])
            for name in counted
            if name in properties and not _is_policy(properties[name])
        }
        if resource.get("DeletionPolicy") == "Retain":
            own["DeletionPolicy"] = "Retain"
        if own:
            found[names.of(logical_id)] = own
    yield from sorted(found.items())


def _is_policy(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Statement"), list)


def _in_words(statement: Mapping[str, Any], names: Names) -> str:
    """One statement in one line."""
    words = [statement["Effect"]]
    principal = names.read(statement.get("Principal", {}))
    if isinstance(principal, dict):
        words += [str(who) for named in principal.values() for who in _list(named)]
    else:
        words.append(str(principal))
    words.append(", ".join(sorted(_list(statement.get("Action", statement.get("NotAction"))))))
    if "Resource" in statement:
        words.append("on " + ", ".join(map(str, _list(names.read(statement["Resource"])))))
    for operator, tests in sorted(statement.get("Condition", {}).items()):
        for key, value in sorted(tests.items()):
            wanted = ", ".join(map(str, _list(names.read(value))))
            words.append(f"if {key} {operator} {wanted}")
    return " ".join(words)


def _of_type(resources: Mapping[str, Resource], kind: str) -> Iterable[tuple[str, Resource]]:
    return [(name, one) for name, one in sorted(resources.items()) if one["Type"] == kind]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
