"""A running bot steered in words: one command at a time, and in a session of lines."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from commands import ROOT, Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    found = Home(tmp_path_factory.mktemp("line"))
    bot = found.start("--synthetic", "--speed", "600", "--no-ui")
    for _ in range(10):
        found.wait_status(lambda status: status["exposure"].get("long", 0) > 0 and status["fills"] > 1)
        found.command("do", "paper", "speed 1")  # from now on the market hardly moves
        if found.wait_status(lambda status: True)["exposure"]["long"] > 0:
            break
        found.command("do", "paper", "speed 600")
    yield found
    bot.kill()
    bot.wait()


def do(home: Home, *words: str) -> tuple[int, str, str]:
    done = home.command("do", "paper", *words)
    return done.returncode, done.stdout, done.stderr


def speak(home: Home, lines: str, *flags: str) -> subprocess.CompletedProcess[str]:
    words = home.words("attach", "paper", "--plain", *flags)
    return subprocess.run(words, cwd=ROOT, env=home.env, input=lines, capture_output=True, text=True, timeout=180)


def held_coin(home: Home) -> str:
    _, out, _ = do(home, "positions", "--json")
    return next(row["coin"] for row in json.loads(out)["positions"] if row["size"] > 0)


def test_words_one_by_one_with_stable_codes(home: Home) -> None:
    coin = held_coin(home)
    assert do(home, f"mode {coin} long gs") == (0, f"{coin} long: graceful_stop\n", "")
    code, out, err = do(home, "panic", coin, "long")
    assert (code, err.count("\n")) == (4, 1)
    assert f"add --confirm {coin}" in err
    assert "it would sell" in out
    assert "in all 1 closes worth" in out
    code, out, err = do(home, "panic", "all", "--json")
    assert (code, err, json.loads(out)["confirm"]) == (4, "", "PANIC")
    code, _, err = do(home, "sell everything")
    assert (code, err) == (2, "pbtui: no such word: sell; help lists them\n")
    code, out, err = do(home, "dance", "--json")
    assert (code, err, json.loads(out)["ok"]) == (2, "", False)
    assert do(home, "mode NOCOIN long gs") == (2, "", "pbtui: NOCOIN/USDT:USDT is not traded here\n")
    assert do(home, "quit")[0] == 2
    assert do(home, "help")[1].startswith("mode COIN SIDE MODE: ")
    code, out, _ = do(home, "equity 5 --json")
    assert 1 <= len(json.loads(out)["equity"]) <= 5
    assert home.command("do", "nobody", "status").returncode == 1


def test_a_session_of_lines_reads_words_and_tells_how_each_went(home: Home) -> None:
    coin = held_coin(home)
    done = speak(home, f"# a comment\n\npause\nmode {coin} long n\nfoo\npanic {coin} long\nresume\ncontrols\n")
    lines = done.stdout.splitlines()
    assert done.returncode == 2, "the first failure decides"
    assert lines[0].startswith("attached to paper")
    assert any(line.startswith("status: paper SYNTHETIC") for line in lines)
    endings = [line for line in lines if line.startswith(("ok", "refused", "error", "failed"))]
    assert [line.split(":")[0] for line in endings] == ["ok", "ok", "error", "refused", "ok", "ok"]
    assert done.stderr == ""


def test_every_word_that_looks_has_an_answer(home: Home) -> None:
    coin = held_coin(home)
    looks = ["status", "orders", "modes", "events 3", "equity 5", "warnings", "health", "diff", "help"]
    looks += [f"orders {coin}", f"coin {coin} long", f"fills {coin} long", f"why {coin} both"]
    done = speak(home, "\n".join(looks), "--json")
    answers = [found for found in map(json.loads, done.stdout.splitlines()) if found["type"] == "answer"]
    assert (done.returncode, [answer["verb"] for answer in answers]) == (0, [words.split()[0] for words in looks])
    assert all(answer["text"] for answer in answers)
    health = answers[6]
    assert health["turns_ms"]
    assert health["health"]["loop_lag_ms"] is not None


def test_who_only_watches_is_refused_until_it_takes_the_controls(home: Home) -> None:
    done = speak(home, "pause\ncontrols ask\nresume\nevents 10\n", "--view", "--json")
    answers = [found for found in map(json.loads, done.stdout.splitlines()) if found["type"] == "answer"]
    assert (done.returncode, [answer["exit_code"] for answer in answers]) == (4, [4, 0, 0, 0])
    assert answers[1]["text"] == "this console has the controls now", "nobody had them"
    assert len(answers[3]["events"]) == 10


def test_a_long_line_junk_and_a_closed_input_are_harmless(home: Home) -> None:
    done = speak(home, "x" * 1_000_000 + "\n\x1b[2Jpause\nstatus")
    assert done.returncode == 2
    assert "\x1b" not in done.stdout
    assert "error: (a line of more than 4,096 bytes) is no command\n" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("ok: paper SYNTHETIC")
    quiet = subprocess.run(
        home.words("attach", "paper", "--plain"), cwd=ROOT, env=home.env, stdin=subprocess.DEVNULL, timeout=180,
        capture_output=True, text=True,
    )  # fmt: skip
    assert quiet.returncode == 0


def test_stop_ends_bot_and_session(home: Home) -> None:
    done = speak(home, "stop cancel_all\nstatus\n", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, found[-1]["type"], found[-1]["ok"]) == (0, "end", True)
    assert home.rows("SELECT count(*) FROM orders") == [(0,)]
    assert home.status() is None
