"""Measure this server and its peers, on this machine, and print how they compare."""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

import orjson
from attrs import evolve

from benchmarks.catalogue import WORKLOADS, chosen
from benchmarks.chart import draw
from benchmarks.machine import describe_machine
from benchmarks.report import Row
from benchmarks.server import pin_load
from benchmarks.table import to_json, to_text
from benchmarks.workload import Context, Workload

EXAMPLES = """\
examples:
  python3 tasks.py bench                      everything; some ten minutes
  python3 tasks.py bench fan-out lone         what begins with these
  python3 tasks.py bench --repeat 9 fan-out-10 --json rows.json
  python3 tasks.py bench --chart chart.svg --json rows.json
  python3 tasks.py bench --smoke              only see that everything works

exit codes: 0 measured, whatever the figures; 1 a workload failed; 2 usage
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 tasks.py bench",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help="a name or how it begins; default: all"
    )
    parser.add_argument("--list", action="store_true", help="list the workloads and exit")
    parser.add_argument(
        "--smoke", action="store_true", help="tiny counts, once: it works, or it does not"
    )
    parser.add_argument(
        "--repeat", type=int, default=5, metavar="N", help="turns of each server (%(default)s)"
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, metavar="S", help="length of a turn (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample here")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw the chart here")
    return parser


def main() -> None:
    """Read the command line, measure, report."""
    parser = _parser()
    given = parser.parse_args()
    if given.list:
        width = max(len(workload.name) for workload in WORKLOADS)
        for workload in WORKLOADS:
            print(f"{workload.name:<{width}}  {workload.about}")
        return
    try:
        workloads = chosen(given.workloads)
    except ValueError as error:
        parser.error(str(error))
    if given.repeat < 1 or given.seconds <= 0:
        parser.error("--repeat is at least 1, and --seconds more than 0")
    repeat, seconds = (1, 0.1) if given.smoke else (given.repeat, given.seconds)
    context = Context(repeat=repeat, seconds=seconds, smoke=given.smoke, say=_Progress().say)
    _prepare_process()
    machine = describe_machine()
    rows, failed = _measure(workloads, context)
    print(to_text(machine, rows), end="")
    if given.json:
        method = {"repeat": repeat, "seconds": seconds, "smoke": given.smoke, "failed": failed}
        report = to_json(machine, method, rows)
        given.json.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    if given.chart and rows:
        draw(rows, given.chart)
    if failed:
        print(f"FAILED, see above: {', '.join(failed)}")
        sys.exit(1)


def _prepare_process() -> None:
    """Stay off the servers' core, have many sockets, and leave no server behind."""
    pin_load()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _measure(workloads: list[Workload], context: Context) -> tuple[list[Row], list[str]]:
    """Run workload after workload; one that fails does not take the others' figures along."""
    rows: list[Row] = []
    failed = []
    for workload in workloads:
        try:
            taken = workload.run(context)
        except Exception:  # noqa: BLE001 -- it is shown, and the exit code tells
            traceback.print_exc()
            failed.append(workload.name)
        else:
            # What a smoke run measures is not held against anything.
            rows += [evolve(row, goals=()) if context.smoke else row for row in taken]
    return rows, failed


class _Progress:
    """Tells on standard error what is going on, and since when."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        """Write a line."""
        print(f"{time.monotonic() - self._start:6.0f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
