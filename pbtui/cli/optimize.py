"""`pbtui optimize`: a search in a process of its own; the first Ctrl+C ends it in order, the second at once."""

from __future__ import annotations

import asyncio
import math
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbtui.cli.backtest_show import show_for
from pbtui.cli.child_run import complain, run_child
from pbtui.cli.narrate import say
from pbtui.cli.optimize_args import OptimizeOptions, parse
from pbtui.core.clock import RealClock
from pbtui.core.errors import ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.jobs.events import Event, Failed, SearchState
from pbtui.optimize.job import CHILD, OptimizeJob

_PATIENCE_S = 86_400.0  # a running evaluation may take its time; a second signal kills
_SEEDS = 1_000_000_000


def main(argv: list[str]) -> int:
    """Run `pbtui optimize …`; returns the exit code. The result goes to stdout, narration to stderr."""
    try:
        options = parse(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    job = plan(options)
    check(options, job)
    return asyncio.run(_run(options, job))


def plan(options: OptimizeOptions) -> OptimizeJob:
    """Return the job that was asked for; raises ConfigError."""
    if options.resume is not None:
        return OptimizeJob(
            resume=options.resume,
            base_dir=options.base_dir,
            cpus=options.cpus,
            cluster=options.cluster,
            offline=options.offline,
        )
    return OptimizeJob(
        config=options.config,
        flags=options.all_flags(),
        base_dir=options.base_dir,
        now_ms=RealClock().now_ms(),
        offline=options.offline,
        refetch_gaps=options.refetch_gaps,
        seed=secrets.randbelow(_SEEDS) if options.seed is None else options.seed,
        start=options.start,
        fine_tune=options.fine_tune,
        cluster=options.cluster,
    )


def check(options: OptimizeOptions, job: OptimizeJob) -> None:
    """Say what is wrong before anything is started; raises ConfigError."""
    from pbtui.optimize.cluster_address import require_ray
    from pbtui.optimize.folder import reopen
    from pbtui.optimize.genes import GeneSpace
    from pbtui.optimize.scoring import Scoring
    from pbtui.optimize.search import Search

    if job.cluster is not None:
        require_ray()
    if job.resume is not None:
        reopen(job.resume, base_dir=job.base_dir)
        return
    config = job.load()
    space = GeneSpace.of(config, job.fine_tune)
    Scoring.of(config)
    Search(space, config.optimize, seed=job.seed)
    if not options.json:
        for warning in config.warnings:
            say(f"warning: {warning}")
        if options.suite and not config.backtest.scenarios:
            say("warning: no scenarios are there for --suite: the search is one without a suite")
        if not options.quiet and options.seed is None:
            say(f"seed {job.seed} (the same again with --seed {job.seed})")


async def _run(options: OptimizeOptions, job: OptimizeJob) -> int:
    words = "finishing the running evaluations; again to kill"
    show = show_for(json=options.json, quiet=options.quiet)
    searched = False

    def heed(event: Event) -> None:
        nonlocal searched
        searched = searched or isinstance(event, SearchState)

    end = await run_child(CHILD, job.to_request(), show, grace_s=_PATIENCE_S, stopping=words, take=heed)
    if isinstance(end, Failed):
        code = complain(end)
        if searched and code == ExitCode.FAILED:
            folder = options.resume or "its folder in optimize_results"
            say(f"what had ended is written; go on with: {going_on(folder, options)}")
        return code
    if not options.json:
        for line in report(end.result, options):
            print(line)
    return int(ExitCode.OK if end.result.get("finished") else ExitCode.INTERRUPTED)


def going_on(folder: object, options: OptimizeOptions) -> str:
    """Return the command that goes on with a run of this folder, on the same candles."""
    words = ["pbtui", "optimize", "--resume"]
    words.append(shlex.quote(str(folder)) if isinstance(folder, Path) else str(folder))
    if options.base_dir != Path():
        words += ["--base-dir", shlex.quote(str(options.base_dir))]
    return sanitize_line(" ".join([*words, *(["--offline"] if options.offline else [])]), limit=2_000)


def report(result: Mapping[str, Any], options: OptimizeOptions) -> list[str]:
    """Return a run's end as lines of text, the folder last."""
    folder, quiet = sanitize_line(result.get("folder", ""), limit=2_000), options.quiet
    if quiet:
        return [folder]
    count, elapsed = int(result.get("evaluations") or 0), float(result.get("elapsed_s") or 0.0)
    volume = result.get("hypervolume")
    parts = [
        f"{count:,} evaluations",
        f"generation {result.get('generation')} of {result.get('generations')}",
        f"{elapsed:,.1f} s",
        f"{int(result.get('members') or 0):,} on the front",
        f"{float(result.get('feasible') or 0.0):.0%} feasible",
        *([f"hypervolume {volume:.4g}"] if isinstance(volume, float) else []),
        f"seed {result.get('seed')}",
    ]
    lines = [" · ".join(parts)]
    bests: Mapping[str, Any] = result.get("bests") or {}
    width = max(map(len, bests), default=0)
    for name, value in bests.items():
        told = f"{value:.6g}" if isinstance(value, int | float) and math.isfinite(value) else "none within the limits"
        lines.append(f"best {sanitize_line(name):<{width}}  {told}")
    tested: Mapping[str, Any] | None = result.get("validation")
    if tested:
        from pbtui.cli.pareto_show import round_line

        lines.append(round_line(tested))
    if not result.get("finished"):
        lines.append(f"stopped before its end; go on with: {going_on(Path(folder), options)}")
    return [*lines, folder]
