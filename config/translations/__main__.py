from __future__ import annotations

import sys
from pathlib import Path

from config.translations.catalogues import compile_stale

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    if arguments == ["compile"]:
        compile_stale([ROOT / "locale"])
        return 0
    if arguments == ["check"]:
        return _check()
    print("usage: python -m config.translations compile|check", file=sys.stderr)  # noqa: T201
    return 2


def _check() -> int:
    from config.translations.completeness import problems

    found = list(problems(ROOT))
    for line in found:
        print(line)  # noqa: T201
    print(f"{len(found)} problems with the Chinese strings", file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
