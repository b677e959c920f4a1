"""What a command says where its output cannot be written, and that its exit code stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
WORK = "import sys; from pbtui.cli.narrate import report; sys.exit(report(lambda: (print('data'), {code})[1]))"
FAIL = """
import sys
from pbtui.cli.narrate import report

def work():
    raise OSError({number}, "words", "/x/y")

sys.exit(report(work))
"""


def run(code: str, out: object = None) -> tuple[int, str]:
    # Isolated from settings of this process, of which one would write each line at once.
    words = [sys.executable, "-I", "-c", code]
    done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, text=True, check=False)  # type: ignore[call-overload]
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("before", ["", "import sys; sys.stdout.reconfigure(write_through=True); "])
def test_a_full_disk_is_one_line_and_exit_code_1(before: str) -> None:
    with FULL.open("w") as full:
        code, said = run(before + WORK.format(code=0), full)
    assert (code, said) == (1, "pbtui: the output cannot be written: No space left on device\n")


def test_a_reader_that_has_gone_does_not_change_the_exit_code() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert run(WORK.format(code=4), writing) == (4, "")
    finally:
        os.close(writing)


def test_a_place_that_cannot_be_written_is_named_and_a_fault_keeps_its_traceback() -> None:
    assert run(FAIL.format(number=errno.EROFS)) == (1, "pbtui: /x/y: words\n")
    code, said = run(FAIL.format(number=errno.ENOENT))
    assert code == 1
    assert said.startswith("Traceback")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_without_utf8_ends_no_command(encoding: str) -> None:
    own = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    words = [sys.executable, "-m", "pbtui", "--help"]
    done = subprocess.run(words, env=os.environ | own, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    code = r"from pbtui import __main__; __main__._never_stumble(); print('a \u2192 b \u00b7 c')"
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | own, capture_output=True, check=False)
    told = {"ascii": b"a \\u2192 b \\xb7 c", "latin-1": b"a \\u2192 b \xb7 c", "utf-8": "a \u2192 b \u00b7 c".encode()}
    assert (done.returncode, done.stdout.strip()) == (0, told[encoding])
