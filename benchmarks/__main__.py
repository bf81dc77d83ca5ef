from __future__ import annotations

import argparse
import os
import sys
import traceback

import django

from config.local import prepare_environment


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", default="", help="one benchmark, such as provisioning")
    only = parser.parse_args().only
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare_environment()
    django.setup()
    return _measure(only)


def _measure(only: str) -> int:
    from benchmarks import harness

    found = list(harness.modules(only))
    if not found:
        print(f"There is no benchmark {only!r}.", file=sys.stderr)
        return 1
    short = 0
    for module in found:
        try:
            figures = harness.run(module)
        except Exception:  # noqa: BLE001  (the others are measured all the same)
            traceback.print_exc()
            print(f"{module.__name__} FAILED", flush=True)
            short += 1
            continue
        harness.merge_results(figures)
        for name, figure in figures.items():
            wanted = module.WANTED.get(name)
            met = wanted is None or wanted.met_by(figure)
            short += not met
            verdict = (
                "" if wanted is None else f"wanted {wanted}: {'yes' if met else 'FALLS SHORT'}"
            )
            print(f"{name:<44} {figure:>10.2f}  {verdict}", flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
