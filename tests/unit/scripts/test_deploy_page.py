"""docs/deploy.md names what there is: verbs, targets, events, documents."""

import json
import re

from contracts.capacity import RESERVED
from functions.payments.provider_events import HANDLED
from functions.shared.access import OPERATORS
from scripts.dev.commands import ROOT
from scripts.ops.__main__ import build_parser, verbs

PAGE = (ROOT / "docs" / "deploy.md").read_text()


def test_its_verbs_are_verbs() -> None:
    said = set(re.findall(r"scripts/shop (?:--stage \w+ )?(\w+)", PAGE))
    assert said >= {"access", "reindex", "seed", "smoke", "status", "token"}
    assert said <= set(verbs())


def test_its_targets_are_targets() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = set(re.findall(r"\bmake (\w+)(?= STAGE|`| PROD)", PAGE))
    assert said >= {"synth", "bootstrap", "deploy", "diff", "destroy"}
    assert said <= targets


def test_the_webhook_endpoint_gets_what_is_handled() -> None:
    assert set(re.findall(r"`((?:refund|charge)\.[\w.]+)`", PAGE)) == HANDLED


def test_the_first_operator_is_one() -> None:
    assert re.findall(r"--group-name (\w+)", PAGE) == [OPERATORS]


def test_what_prod_reserves_is_said() -> None:
    assert f"prod reserves {sum(one.executions for one in RESERVED.values())}" in PAGE


def test_each_protected_stack_is_let_go() -> None:
    _, _, told = PAGE.partition("## Take it away")
    section = told.partition("\n## ")[0]
    for file in ("prod.json", "pipeline.json"):
        snapshot = json.loads((ROOT / "infra" / "security" / file).read_text())
        protected = {name for name, stack in snapshot.items() if stack["terminationProtection"]}
        assert protected
        assert protected <= set(re.findall(r"Commerce[\w-]+", section))


def test_a_stage_is_named_before_the_verb_or_after_it() -> None:
    parser = build_parser()
    for arguments in (["--stage", "dev", "smoke"], ["smoke", "--stage", "dev"]):
        assert parser.parse_args(arguments).stage == "dev"
    assert parser.parse_args(["smoke"]).stage is None


def test_its_documents_are_there() -> None:
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", PAGE)} - {""}
    assert [one for one in linked if not (ROOT / "docs" / one).exists()] == []
