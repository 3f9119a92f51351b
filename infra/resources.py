"""What functions are told and may touch, by the names that the functions table uses."""

from dataclasses import dataclass, field

from aws_cdk import aws_iam as iam

from infra.table.rows import FunctionSpec


class UnknownResourceError(Exception):
    """The functions table names a variable or resource that the stack has not made yet."""


@dataclass(slots=True)
class Resources:
    """Filled by the stack as it creates resources, read when a function is created."""

    environment: dict[str, str] = field(default_factory=dict)
    """Values of environment variables."""
    arns: dict[str, str] = field(default_factory=dict)
    """Resources that a grant may name."""
    absent: set[str] = field(default_factory=set)
    """Variables and resources that this stage leaves out."""

    def environment_of(self, spec: FunctionSpec) -> dict[str, str]:
        """The variables that are this function's own.

        Raises:
            UnknownResourceError: one is neither set nor declared absent.
        """
        wanted = [name for name in spec.environment if name not in self.absent]
        if missing := [name for name in wanted if name not in self.environment]:
            raise UnknownResourceError(f"{spec.name} wants {missing}, which nothing has set.")
        return {name: self.environment[name] for name in wanted}

    def statements_of(self, spec: FunctionSpec) -> list[iam.PolicyStatement]:
        """One statement for each grant: explicit actions on one resource.

        Raises:
            UnknownResourceError: a grant names a resource that does not exist.
        """
        grants = [grant for grant in spec.grants if grant.resource not in self.absent]
        if missing := [g.resource for g in grants if g.resource not in self.arns]:
            raise UnknownResourceError(f"{spec.name} is granted {missing}, which nothing has made.")
        return [
            iam.PolicyStatement(actions=list(g.actions), resources=[self.arns[g.resource]])
            for g in grants
        ]
