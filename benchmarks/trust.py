"""What the project promises about trust, tried for as long as you like: python benchmarks/trust.py all --minutes 60

    python benchmarks/trust.py kills --count 3000      3,000 kills, from any seed
    python benchmarks/trust.py fuzz --minutes 10       broken files, command lines, folders, tasks and environments
    python benchmarks/trust.py faults                  a full disk, no home, few file handles, the clock set back ...
    python benchmarks/trust.py equality                the same bytes whatever the hash seed, the folder, the locale
    python benchmarks/trust.py memory --minutes 100    what each paradigm holds as time goes on
    python benchmarks/trust.py all --quick             a minute of everything
    python benchmarks/trust.py kills --seed 7 --only 31    one case again, such as one that failed

Prints the seed first and a table last, and exits with 1 if anything failed; what shows a failure lies in the folder
trust-failures. docs/trust.md says what is promised. `--out` keeps the figures as the record that it quotes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from measured import provenance
from trials import forks
from trials.campaign import Outcome, Plan, place

TRIALS = ("kills", "fuzz", "faults", "equality", "memory")
SHARE = {"kills": 0.4, "fuzz": 0.3, "faults": 0.1, "equality": 0.1, "memory": 0.1}  # of the time of `all`
QUICK = 12.0  # seconds of `all --quick`, which needs four times as long to begin


def flags_of(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trial", choices=(*TRIALS, "all"))
    parser.add_argument("--minutes", type=float, help="how long; of all trials together")
    parser.add_argument("--count", type=int, default=0, help="how many of what a trial counts: kills, files ...")
    parser.add_argument("--seed", type=int, help="of every choice; another each time if none is given")
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument("--jobs", type=int, default=1, help="cases side by side")
    parser.add_argument("--quick", action="store_true", help="the short form, a minute in all")
    parser.add_argument("--failures", type=Path, default=Path("trust-failures"), help="where failures are kept")
    parser.add_argument("--out", type=Path, help="a record, gone on with where it is there")
    flags = parser.parse_args(args)
    if flags.out and flags.quick:
        parser.error("--out keeps the figures of a whole trial, not of --quick")
    return flags


def summary(name: str, said: Outcome) -> dict[str, Any]:
    counts = {key: said.counts[key] for key in sorted(said.counts)}
    most = {key: round(value, 2) for key, value in sorted(said.most.items())}
    return {"counts": counts, "most": most, "failures": len(said.failures), **said.notes}


def command(flags: argparse.Namespace, seed: int) -> str:
    """What makes these figures again."""
    given = {"--minutes": flags.minutes, "--count": flags.count, "--jobs": flags.jobs if flags.jobs > 1 else None}
    words = [word for flag, value in given.items() if value for word in (flag, f"{value:g}")]
    return " ".join(["python benchmarks/trust.py", flags.trial, *words, "--seed", str(seed)])


def write(path: Path, how: str, seed: int, found: dict[str, Any]) -> None:
    """The record: of each trial what was found last, each with its own command, seed and versions."""
    held = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name, figures in found.items():
        held[name] = {**provenance(seeds=[seed], command=how), **figures}
    path.write_text(json.dumps(held, indent=1) + "\n", "utf-8")


def main(args: list[str] | None = None) -> int:
    flags = flags_of(sys.argv[1:] if args is None else args)
    names = TRIALS if flags.trial == "all" else (flags.trial,)
    seed = flags.seed if flags.seed is not None else int(time.time())
    seconds = QUICK if flags.quick else 60 * flags.minutes if flags.minutes else 1e9 if flags.count else 600.0
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    forks.warm()
    found, failed = dict[str, Any](), 0
    with tempfile.TemporaryDirectory(prefix="trust-", dir=place()) as where:
        plan = Plan(seed, flags.count, seconds, flags.jobs, Path(where), flags.failures.resolve(), flags.only)
        for name in names:
            share = SHARE[name] if len(names) > 1 else 1.0
            said = import_module(f"trials.{name}").run(replace(plan, seconds=seconds * share), flags.quick)
            found[name], failed = summary(name, said), failed + len(said.failures)
    for name, figures in found.items():
        print(f"\n{name}: {figures['failures']} failures")
        for kind in "counts", "most":
            for key, value in figures[kind].items():
                print(f"  {key:40} {value:>12,}")
    print(
        f"\nseed {seed}: {failed} failures in {time.monotonic() - began:.0f} s"
        + (f", kept in {flags.failures}" if failed else "")
    )
    if flags.out and flags.only is None:
        write(flags.out, command(flags, seed), seed, found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
