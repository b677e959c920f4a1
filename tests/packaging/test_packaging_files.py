"""Files around the program agree with it and with each other: image, unit, site, audit."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from pbtui.cli.run_args import parse
from scripts.strategy_picture import closes, ladder
from scripts.trailing_picture import BOT, fired, prices

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    loader = SourceFileLoader("audit_script", str(ROOT / "scripts" / "audit"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    return module


def test_every_page_is_in_the_sites_menu() -> None:
    listed = set(re.findall(r"^\s+- [^:]+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    assert listed == {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}


def test_the_image_is_made_of_what_the_wheel_needs() -> None:
    docker = (ROOT / "Dockerfile").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", docker, re.MULTILINE))
    copied = {name for line in copied for name in line.split()}
    wanted = {each["path"].split("/")[0] for each in project["tool"]["maturin"]["include"]}
    wanted |= {"pbtui", "pb_rust", "pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    assert copied == wanted
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert kept == wanted
    assert re.search(r"^USER 10001", docker, re.MULTILINE)
    assert docker.count("\nFROM ") + docker.startswith("FROM ") == 3
    lowest = re.search(r"maturin>=([\d.]+),", project["build-system"]["requires"][0])
    pinned = re.search(r"maturin==([\d.]+)", docker)
    assert lowest is not None
    assert pinned is not None
    assert pinned[1].startswith(lowest[1])


def test_compose_mounts_what_the_image_writes_and_nothing_else_can_be_written() -> None:
    docker = (ROOT / "Dockerfile").read_text("utf-8")
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    volumes = json.loads(re.findall(r"^VOLUME (\[.*\])$", docker, re.MULTILINE)[0])
    assert volumes == ["/data", "/state"]
    assert all(re.search(rf"^      - \w+:{folder}$", compose, re.MULTILINE) for folder in volumes)
    assert "- ./configs:/data/configs:ro" in compose
    assert "read_only: true" in compose
    scratch = re.findall(r"TMPDIR=(\S+)", docker)[0]
    assert f"- {scratch}:mode=1777" in compose
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        assert re.findall(rf"{name}=(\S+)", docker)[0].startswith("/state")


def test_workflows_pin_what_they_use_and_prove_each_wheel() -> None:
    used: dict[str, set[str]] = {}
    for path in (ROOT / ".github" / "workflows").iterdir():
        text = path.read_text("utf-8")
        for name, version in re.findall(r"uses: ([^@\s]+)@(.+)$", text, re.MULTILINE):
            used.setdefault(name, set()).add(version)
        assert "pull_request_target" not in text
        assert "contents: read" in text
    assert set(used) >= {"actions/checkout", "PyO3/maturin-action"}
    assert all(re.fullmatch(r"[0-9a-f]{40} # v[\d.]+", one) for each in used.values() for one in each)
    assert all(len(each) == 1 for each in used.values())
    wheels = (ROOT / ".github" / "workflows" / "wheels.yml").read_text("utf-8")
    built = re.findall(r"- \{ on: (\S+),", wheels)
    tried = re.findall(r"^ +on: \[(.+)\]$", wheels, re.MULTILINE)[0].split(", ")
    assert built == tried
    assert {"ubuntu-24.04", "ubuntu-24.04-arm", "macos-14", "windows-2022"} <= set(built)
    assert wheels.count("python scripts/wheel-smoke") == 2


def test_the_image_starts_a_paper_bot_without_a_screen() -> None:
    docker = (ROOT / "Dockerfile").read_text("utf-8")
    words = json.loads(re.findall(r"^CMD (\[.*\])$", docker, re.MULTILINE)[-1])
    options = parse(words)
    assert (options.no_ui, options.user) == (True, "paper")
    assert json.dumps(words) in (ROOT / "compose.yaml").read_text("utf-8")


def test_the_unit_runs_a_bot_and_is_not_restarted_for_what_stays_wrong() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / "pbtui@.service", "utf-8")
    service = unit["Service"]
    words = service["ExecStart"].split()
    assert words[0].endswith("/pbtui")
    options = parse([word for word in words[1:] if not word.startswith("$")])
    assert options.no_ui
    assert options.config == Path("configs/%i.json")
    assert service["RestartPreventExitStatus"].split() == ["2", "4"]
    assert service["ReadWritePaths"] == service["WorkingDirectory"]
    state = service["Environment"].split()[0].partition("=")[2]
    assert f"XDG_STATE_HOME={state} " in (ROOT / "docs" / "operations.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("Unlicense/MIT", True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("(MIT OR Apache-2.0) AND GPL-2.0", False),
        ("MIT OR (GPL-2.0 AND LGPL-2.0)", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("unknown", False),
    ],
)
def test_licences_are_read_as_expressions(audit: ModuleType, expression: str, good: bool) -> None:
    assert audit.acceptable(expression, audit.allowed()) is good


def test_an_answer_of_the_database_and_none(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holes = [{"id": "PYSEC-1", "fix_versions": ["2.0"]}]
    told = {
        "dependencies": [{"name": "a", "version": "1.0", "vulns": holes}, {"name": "b", "version": "1", "vulns": []}]
    }

    def answer(out: str, err: str, code: int) -> None:
        done = subprocess.CompletedProcess([], code, out, err)
        monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: done)

    answer(json.dumps(told), "", 1)
    assert audit.python_vulnerabilities() == ["package a 1.0: PYSEC-1 (mended in 2.0)"]
    told["dependencies"].append({"name": "c", "skip_reason": "not found"})
    answer(json.dumps(told), "", 1)
    assert len(audit.python_vulnerabilities()) == 1
    said = capsys.readouterr().err
    assert "2 packages compared with the database" in said
    assert "1 packages were not compared: the database did not tell of them (not found)" in said
    answer("", "ConnectionError: no route", 1)
    assert audit.python_vulnerabilities() == []
    assert "cannot be reached (ConnectionError: no route)" in capsys.readouterr().err


def test_crates_are_asked_about_as_cargo_deny_wants_it(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []

    def answer(err: str, code: int) -> None:
        def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            calls.append(command)
            return subprocess.CompletedProcess([], code, "", err)

        monkeypatch.setattr(audit.subprocess, "run", run)

    monkeypatch.setattr(audit.shutil, "which", lambda _: "there")
    answer("error[vulnerability]: a hole", 1)
    assert audit.rust_vulnerabilities() == ["cargo-deny: error[vulnerability]: a hole"]
    answer("[ERROR] failed to fetch advisory database", 1)
    assert audit.rust_vulnerabilities() == []
    assert "crates were not compared: the database cannot be reached" in capsys.readouterr().err
    answer("something else", 1)
    assert audit.rust_terms() == ["cargo-deny: terms: exit code 1"]
    answer("", 0)
    assert audit.rust_terms() == []
    assert all(call.index("--config") < call.index("check") for call in calls)
    monkeypatch.setattr(audit.shutil, "which", lambda _: None)
    assert audit.rust_terms() == audit.rust_vulnerabilities() == []
    assert "cargo-deny is not installed" in capsys.readouterr().err


def test_every_licence_is_on_the_page(audit: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert audit.page_faults() == []
    assert "| textual | MIT |" in audit.PAGE.read_text("utf-8")
    whole = audit.PAGE.read_text("utf-8")
    page = tmp_path / "licences.md"
    page.write_text("".join(line for line in whole.splitlines(keepends=True) if "| textual |" not in line), "utf-8")
    monkeypatch.setattr(audit, "PAGE", page)
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "requirements", lambda _: (["Textual", "numpy"], ""))
    assert audit.page_faults() == ["licences.md does not name textual: run scripts/audit --page"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("MIT | License :: OSI Approved :: MIT License", "MIT"),
        ("Copyright (c) somebody | License :: OSI Approved :: BSD License", "BSD License"),
        ("===== | License :: OSI Approved", "see its licence file"),
        ("License :: OSI Approved :: Apache Software License | License :: OSI Approved", "Apache Software License"),
    ],
)
def test_the_shortest_name_of_a_licence_is_shown(audit: ModuleType, said: str, told: str) -> None:
    assert audit.shown(said) == told


def test_what_pbtui_needs_is_followed_to_its_ends(audit: ModuleType) -> None:
    needs, _ = audit.requirements("pbtui")
    assert {"ccxt", "textual", "numpy"} <= set(needs)
    assert audit.requirements("no-such-package-here") == ([], None)
    assert audit.python_licences() == []


def test_the_version_names_the_engines_build() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pbtui", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"pbtui \d+\.\d+\.\d+ \(engine [0-9a-f]{16}\)\n", done.stdout)


def test_the_ladder_of_the_strategy_page_is_the_engines() -> None:
    page = (ROOT / "docs" / "strategy.md").read_text("utf-8")
    rows = re.findall(r"^\| [a-z ]+ \| ([\d.]+) @ ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    steps = ladder()
    assert [tuple(float(cell) for cell in row) for row in rows] == [
        (step.order.qty, step.order.price, round(step.size, 2), round(step.average, 2), round(step.exposure, 2))
        for step in steps
    ]
    assert f"average {steps[-1].average / steps[-1].order.price - 1:.1%} above".replace("%", " %") in page
    assert [round(step.size, 9) for step in closes(steps[-1])][-1] == 0.0


def test_the_trailing_entry_of_the_strategy_page_is_the_engines() -> None:
    page = (ROOT / "docs" / "strategy.md").read_text("utf-8")
    shot = fired()
    bounced = 1.0 + BOT["entry_trailing_retracement_pct"]
    assert prices()[shot.minute] > shot.low * bounced > prices()[shot.minute - 1]
    assert f"the bounce from {shot.low:g} is." in page


def test_the_source_distribution_holds_what_its_wheel_needs() -> None:
    included = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["maturin"]["include"]
    assert {each["path"].split("/")[0] for each in included} == {"configs", "themes"}
    assert all(set(each["format"]) == {"sdist", "wheel"} for each in included)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_of_the_front_pages_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (ROOT / link).exists()] == []
    files = re.findall(r"`((?:docs|scripts|deploy|tests|pbtui|pb_rust|\.ci)/[A-Za-z0-9_./-]+)`", text)
    assert [file for file in files if not (ROOT / file.rstrip("/")).exists()] == []
