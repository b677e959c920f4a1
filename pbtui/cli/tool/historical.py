"""`pbtui tool verify-hlcvs …-historical…`: Passivbot's old day files, looked at, cleaned, compared by their hashes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, ExitCode, StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit.day_files import CoinDays, bad_days, find_days, summarize_days
from pbtui.market.audit.day_hashes import below, compare_manifests, manifest, read_manifest
from pbtui.market.audit.finding import stamp
from pbtui.market.store.trouble import reason_of


def _roots(options: argparse.Namespace) -> list[Path]:
    if options.places:
        return options.places
    above = options.base_dir / "historical_data"
    found = sorted(path for path in above.glob("ohlcvs_*") if path.is_dir())
    if not found:
        raise ConfigError(f"{sanitize_line(above, limit=200)}: no old day files", hint="name the folders")
    return found


def _progress(options: argparse.Namespace) -> Callable[[str], None]:
    return (lambda text: say(sanitize_line(text, limit=200))) if options.progress else lambda text: None


def summarize(options: argparse.Namespace) -> int:
    """Sum the day files up by coin; exit 1 when something is wrong with them."""
    wrong = 0
    tell = _progress(options)
    for root in _roots(options):
        for coin, paths in find_days(root).items():
            tell(f"{coin}: {len(paths)} files")
            told = summarize_days(root, coin, paths, hashes=options.hash)
            wrong += bool(told.problems) or not told.contiguous
            show_json(asdict(told)) if options.json else _show(told)
    return ExitCode.FAILED if wrong else ExitCode.OK


def _show(told: CoinDays) -> None:
    if told.first_ms is None or told.last_ms is None:
        span = "without a candle"
    else:
        span = f"{stamp(told.first_ms)} to {stamp(told.last_ms)}"
    show(f"{told.root}/{told.coin}: {told.files:,} files, {told.rows:,} rows, {span}")
    facts = {"whole days": told.whole_days, "a minute apart": told.even, "without holes between files": told.contiguous}
    show("    " + ", ".join(f"{name}: {'yes' if good else 'no'}" for name, good in facts.items()))
    if told.nans:
        show(f"    {told.nans:,} without a value")
    if told.sha256:
        show(f"    sha256 {told.sha256}")
    for problem in told.problems:
        show(f"    wrong: {sanitize_line(problem, limit=200)}")


def clean(options: argparse.Namespace) -> int:
    """Name or delete bad day files; exit 1 when there are some and they stay."""
    tell = _progress(options)
    bad: list[Path] = []
    for root in _roots(options):
        for coin, paths in find_days(root).items():
            tell(f"{coin}: {len(paths)} files")
            for path, why in bad_days(paths):
                bad.append(path)
                _tell(path, why, options)
    return _delete(bad, options)


def _tell(path: Path, why: str, options: argparse.Namespace) -> None:
    name = sanitize_line(path, limit=500)
    if options.json:
        show_json({"file": name, "wrong": why, "deleted": options.apply})
    else:
        show(f"{name}: {why}")


def _delete(paths: list[Path], options: argparse.Namespace) -> int:
    if not options.apply:
        say(f"{len(paths)} files would be deleted: --apply does it" if paths else "nothing to delete")
        return ExitCode.FAILED if paths else ExitCode.OK
    for path in paths:
        try:
            path.unlink()
        except OSError as error:
            raise StateError(f"{sanitize_line(path, limit=200)} can't be deleted: {reason_of(error)}") from error
    say(f"{len(paths)} files deleted")
    return ExitCode.OK


def hashes(options: argparse.Namespace) -> int:
    """Write the hashes of day files; exit 1 when one of them cannot be read."""
    found, broken = manifest(_roots(options), RealClock().now_ms(), _progress(options))
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        replace_file(options.output, (json.dumps(found, indent=4) + "\n").encode())
    except OSError as error:
        raise StateError(f"{sanitize_line(options.output, limit=200)} can't be written: {reason_of(error)}") from error
    for line in broken:
        say(f"pbtui: left out: {line}")
    count = len(found["files"])
    name = sanitize_line(options.output, limit=500)
    show_json({"file": name, "hashes": count}) if options.json else show(f"{name}: hashes of {count:,} files")
    return ExitCode.FAILED if broken else ExitCode.OK


def compare(options: argparse.Namespace) -> int:
    """Compare two lists of hashes, and delete what differs where that is wished for; exit 1 when they differ."""
    if options.apply and options.local_root is None:
        raise ConfigError("--apply deletes files that differ", hint="say below which folder with --local-root DIR")
    apart = compare_manifests(read_manifest(options.a), read_manifest(options.b))
    here = below(options.local_root, apart.differing) if options.local_root is not None else []
    for field, names in (("differs", apart.differing), ("only in A", apart.only_a), ("only in B", apart.only_b)):
        for name in names:
            shown = sanitize_line(name, limit=300)
            show_json({"field": field, "file": shown}) if options.json else show(f"{field}: {shown}")
    counts = f"{len(apart.differing)} differ, {len(apart.only_a)} are only in A, {len(apart.only_b)} only in B"
    say(counts if apart else "both hold the same")
    if options.local_root is not None:
        _delete(here, options)
    return ExitCode.FAILED if apart else ExitCode.OK
