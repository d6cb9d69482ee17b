"""The command line of benchmarks that print several tables: which of them, and of what size."""

import argparse
from collections.abc import Mapping, Sequence


def command(doc: str | None, parts: Sequence[str]) -> argparse.ArgumentParser:
    """A parser of `--quick` and `--only`, for `sized`; `doc` is the module's."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, for those that are not given")
    parser.add_argument("--only", default=",".join(parts), help="parts, separated by commas")
    return parser


def sized(parser: argparse.ArgumentParser, sizes: Mapping[str, tuple[int, int]]) -> argparse.Namespace:
    """What was asked for, each size as given or else its usual one; `sizes`: name → usual, quick."""
    for name, (usual, quick) in sizes.items():
        parser.add_argument(f"--{name}", type=int, help=f"{usual:,}; quick: {quick:,}")
    asked = parser.parse_args()
    for name, (usual, quick) in sizes.items():
        given = name.replace("-", "_")
        if getattr(asked, given) is None:
            setattr(asked, given, quick if asked.quick else usual)
    return asked
