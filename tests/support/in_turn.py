"""Which tests share a machine badly: whole programs on real clocks run one after the other, in one worker."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

_ALONE = (
    "tests/e2e/",
    "tests/pty/",
    "tests/venues/",
    "tests/packaging/",
    "tests/api/",
    "tests/optimize/test_optimize_process.py",
    "tests/optimize/test_validation_runs.py",
    "tests/cli/test_public_data.py",
    "tests/market/sources/test_sources_processes.py",
)


class ProgramsInTurn(LoadFileScheduling):
    """A file a unit of work, as `--dist loadfile`, but the files of whole programs are one unit together."""

    def _split_scope(self, nodeid: str) -> str:
        return "programs" if nodeid.startswith(_ALONE) else super()._split_scope(nodeid)
