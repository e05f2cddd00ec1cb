"""`make bench`: what was promised, measured on this machine against baselines of the same run.

    python scripts/bench.py                       every row, some fifteen minutes at most
    python scripts/bench.py --only turn,memory    some of: start, memory, page, call, turn, scale
    python scripts/bench.py --json FILE           everything measured, for machines
    BENCH_MILLION=1 python scripts/bench.py    search at a million items as well (5 GB of files)

Starts the product as a user does, in a folder of its own on a free loopback port, and stops it.
Caches the trained baseline and Lighthouse below `<SG_DATA_DIR>/bench`; writes nothing else. Exit 1
when a row misses its target.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import (  # noqa: E402
    bench_call,
    bench_idle,
    bench_page,
    bench_scale,
    bench_stock,
    bench_turn,
)
from scripts.bench_report import Row, show, summary  # noqa: E402
from tests.product import Product, running  # noqa: E402

ROWS = ("start", "memory", "page", "call", "turn", "scale")
CACHE = Path(os.environ.get("SG_DATA_DIR") or ROOT / "var").resolve() / "bench"


class Report:
    """Rows as they come; a row that breaks is reported and the others go on."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, *rows: Row) -> None:
        """Show and keep rows."""
        for row in rows:
            show(row)
            self.rows.append(row)

    async def run(self, name: str, measure: Callable[[], Awaitable[Row | list[Row]]]) -> None:
        """Measure; a failure becomes a row that was not measured."""
        print(f"── {name}", flush=True)
        try:
            found = await measure()
        except Exception as exc:
            reason = f"not measured: {type(exc).__name__}: {exc}".splitlines()[0][:200]
            self.add(Row(name, "-", reason, None))
            return
        self.add(*(found if isinstance(found, list) else [found]))


def machine() -> dict[str, str]:
    """Where this was measured; figures of another machine mean little."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": load,
    }


async def bench(wanted: set[str], folder: Path, args: argparse.Namespace) -> list[Row]:
    """Run the wanted rows."""
    report = Report()
    with running(folder) as first:  # makes databases and keys: what follows is a second start
        await first.ready()
    set_up_s = bench_idle.set_up_again() if "start" in wanted and not args.no_set_up else 0.0
    print("── start", flush=True)
    product, rows = await bench_idle.starting(folder, set_up_s)
    try:
        if "start" in wanted:
            report.add(*rows)
        if "memory" in wanted:
            await report.run("memory", lambda: bench_idle.memory(product))
        if "page" in wanted:
            await report.run("page", lambda: bench_page.measure(product, CACHE))
        if "call" in wanted:
            await report.run("call", lambda: bench_call.measure(product, args.calls))
        if "turn" in wanted:
            await report.run("turn", lambda: _turn(product, args))
    finally:
        product.stop()
    if "scale" in wanted:
        sizes = bench_scale.wanted_sizes()
        await report.run("scale", lambda: asyncio.to_thread(bench_scale.measure, CACHE, sizes))
    return report.rows


async def _turn(product: Product, args: argparse.Namespace) -> Row:
    baseline = bench_stock.prepare(CACHE)
    with bench_stock.running(baseline) as stock:
        return await bench_turn.measure(product, stock, args.seconds, args.rounds)


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(ROWS), help=f"some of {','.join(ROWS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured here")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of a block of turns")
    parser.add_argument("--rounds", type=int, default=5, help="blocks of turns for each side")
    parser.add_argument("--calls", type=int, default=12, help="video calls")
    parser.add_argument(
        "--no-set-up", action="store_true", help="leave the set-up check out of the start"
    )
    args = parser.parse_args()  # fmt: skip
    wanted = {name.strip() for name in args.only.split(",") if name.strip()}
    if unknown := wanted - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    # asked to stop, we stop what we started as well
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    where, started = machine(), time.monotonic()
    print(" · ".join(f"{name} {value}" for name, value in where.items()), flush=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sg-bench-") as temporary:
        rows = asyncio.run(bench(wanted, Path(temporary) / "var", args))
    where["seconds"] = f"{time.monotonic() - started:.0f}"
    print(f"\n{summary(rows)}\n\n{where['seconds']} s in all", flush=True)
    if args.json:
        found = {**where, "rows": [row.as_dict() for row in rows]}
        args.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
