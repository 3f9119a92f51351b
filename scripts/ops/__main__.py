"""`scripts/shop [--stage NAME] VERB`: finds the verbs beside this file and runs one."""

import argparse
import importlib
import os
import pkgutil
import sys
from types import ModuleType

from botocore.exceptions import BotoCoreError, ClientError

import scripts.ops
from scripts.kit.customer import ApiError
from scripts.kit.endpoints import EndpointsError
from scripts.kit.stacks import LOCAL


def verbs() -> dict[str, ModuleType]:
    """Every verb by name: the modules of this package but this one."""
    names = (module.name for module in pkgutil.iter_modules(scripts.ops.__path__))
    return {
        name: importlib.import_module(f"scripts.ops.{name}")
        for name in sorted(names)
        if not name.startswith("_")
    }


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs."""
    parser = argparse.ArgumentParser(prog="scripts/shop", description="The shop's one entry.")
    parser.add_argument(
        "--stage", help="a stage in AWS, with your own credentials (default: this machine's)"
    )
    choices = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, module in verbs().items():
        described = (module.__doc__ or "").strip()
        verb = choices.add_parser(
            name,
            help=described.splitlines()[0].rstrip("."),
            description=described,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        # After the verb as well as before it; where it is not said again, what was said holds.
        verb.add_argument("--stage", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        module.arguments(verb)
        verb.set_defaults(run=module.run)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; what it cannot do is said in one sentence, with exit code 1."""
    args = build_parser().parse_args(arguments)
    if args.stage is not None:
        os.environ["SHOP_STAGE"] = args.stage
    try:
        return int(args.run(args))
    except (EndpointsError, ApiError) as error:
        print(error, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"{error} ({_hint()})", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
    except EOFError:
        print("This asks for something that nobody is there to answer.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _hint() -> str:
    """Where to look when AWS, or what stands in for it, does not do what it is asked for."""
    stage = os.environ.get("SHOP_STAGE") or LOCAL
    if stage != LOCAL:
        return f"do your credentials and region mean the account of stage {stage}?"
    return "does the platform run? `scripts/shop status`"


if __name__ == "__main__":
    sys.exit(main())
