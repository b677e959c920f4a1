"""`pbtui optimize` before anything is started: flags become a job, and what is wrong is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.cli import optimize
from pbtui.cli.narrate import report
from pbtui.cli.optimize_args import OptimizeOptions, parse
from pbtui.optimize.job import OptimizeJob

CONFIG = {
    "bot": {"long": {"n_positions": 1, "total_wallet_exposure_limit": 1}, "short": {"total_wallet_exposure_limit": 0}},
    "live": {"approved_coins": ["BTC", "ETH"]},
    "backtest": {
        "start_date": "2025-05-10", "end_date": "2025-05-30", "exchanges": ["binance"],
        "scenarios": [{"label": "a"}, {"label": "b"}],
    },
    "optimize": {"crossover_probability": 0.6, "mutation_probability": 0.3, "bounds": {"long_ema_span_0": [10, 20]}},
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "some.json"
    path.write_text(json.dumps(CONFIG))
    return str(path)


def test_flags_become_a_job_that_survives_the_pipe(config, tmp_path):
    words = ["-i", "5000", "-ps", "100", "-lnp", "1,10,1", "-leied", "-0.1,0.2", "-os", "adg,btc_gain", "-c", "2"]
    words += ["-l", '[{"metric": "gain", "penalize_if": "<", "value": 1}]', "-ft", "long_n_positions,long_ema_span_0"]
    words += ["--start", str(tmp_path), "--seed", "7", "-sc", "b", config, "--offline", "-sd", "2025-05-12"]
    words += ["--base-dir", str(tmp_path)]
    job = optimize.plan(parse(words))
    assert OptimizeJob.of_request(json.loads(json.dumps(job.to_request()))) == job
    found = job.load()
    settings = found.optimize
    assert (settings.iters, settings.population_size, settings.n_cpus) == (5000, 100, 2)
    assert settings.bounds["long_n_positions"] == [1, 10, 1]
    assert settings.bounds["long_entry_initial_ema_dist"] == [-0.1, 0.2]
    assert settings.bounds["long_ema_span_0"] == [10, 20]
    assert settings.scoring == ["adg_usd", "gain_btc"]
    assert settings.limits[0]["value"] == 1
    assert found.backtest.suite_enabled
    assert [scenario["label"] for scenario in found.backtest.scenarios] == ["b"]
    assert found.backtest.start_date == "2025-05-12"
    assert (job.seed, job.start, job.offline) == (7, tmp_path, True)
    assert job.fine_tune == ("long_n_positions", "long_ema_span_0")
    assert not optimize.plan(parse([config, "--suite", "off"])).load().backtest.suite_enabled


def test_without_a_seed_one_is_drawn(config):
    seeds = {optimize.plan(parse([config])).seed for _ in range(4)}
    assert len(seeds) > 1


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-lnp", "[]"], "[low, high, step]"),
        (["-lnp", "9,1"], "optimize.bounds.long_n_positions: 9 is above 1"),
        (["-lnp", "a,b"], "long_n_positions"),
        (["-os", "adg,profitability"], "optimize.scoring: profitability is no metric"),
        (["-os", "adg,sharp_ratio"], "sharp_ratio is no metric; did you mean sharpe_ratio?"),
        (["-l", '[{"metric": "gian", "penalize_if": "<", "value": 1}]'], "optimize.limits: gian is no metric; did you"),
        (["-os", ""], "optimize.scoring"),
        (["-l", "--drawdown_worst lots"], "optimize.limits"),
        (["-ft", "long_nonsense"], "long_nonsense"),
        (["-c", "0"], "n_cpus"),
        (["-ps", "0"], "population_size"),
        (["-cp", "0.8"], "exceed 1"),
        (["--seed", "-4"], "seed"),
        (["--resume", "nowhere"], "--resume goes on"),
        (["-sc", "nope"], "nope"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_what_is_wrong_is_one_line(config, capsys, words, named, tmp_path):
    before = set(tmp_path.iterdir())
    assert report(lambda: optimize.main([config, *words])) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    errors = [line for line in shown.err.splitlines() if not line.startswith(("warning: ", "seed "))]
    assert len(errors) == 1
    assert named in errors[0]
    assert set(tmp_path.iterdir()) == before


def test_what_is_taken_otherwise_than_written_is_told(config, capsys):
    options = parse([config, "-lnp", "1,5,9", "--suite", "--seed", "1"])
    optimize.check(options, optimize.plan(options))
    said = capsys.readouterr().err
    assert "warning: optimize.bounds.long_n_positions: step 9.0 does not fit, the range is continuous" in said
    assert "no scenarios" not in said
    bare = json.loads(Path(config).read_text())
    del bare["backtest"]["scenarios"]
    Path(config).write_text(json.dumps(bare))
    optimize.check(options, optimize.plan(options))
    assert "warning: no scenarios are there for --suite" in capsys.readouterr().err


def test_going_on_needs_the_folder_of_a_run(capsys, tmp_path):
    assert report(lambda: optimize.main(["--resume", str(tmp_path)])) == 2
    assert "holds no run" in capsys.readouterr().err
    (tmp_path / "pareto").mkdir()
    (tmp_path / "pareto" / "x.json").write_text("{}")
    assert report(lambda: optimize.main(["--resume", str(tmp_path)])) == 2
    assert "was not begun by this program" in capsys.readouterr().err
    assert report(lambda: optimize.main(["--resume", str(tmp_path), "-c", "0"])) == 2


def test_the_report_names_what_counts():
    result = {
        "finished": False, "evaluations": 1234, "elapsed_s": 61.5, "members": 7, "feasible": 0.5, "generation": 3,
        "generations": 9, "hypervolume": None, "seed": 5, "bests": {"adg_usd": 0.001, "x": None}, "folder": "a/b",
    }  # fmt: skip
    plain = OptimizeOptions()
    assert optimize.report(result, plain) == [
        "1,234 evaluations · generation 3 of 9 · 61.5 s · 7 on the front · 50% feasible · seed 5",
        "best adg_usd  0.001",
        "best x        none within the limits",
        "stopped before its end; go on with: pbtui optimize --resume a/b",
        "a/b",
    ]
    away = OptimizeOptions(base_dir=Path("my runs"), offline=True)
    told = optimize.report({**result, "folder": "my runs/a b"}, away)[3]
    assert told.endswith(": pbtui optimize --resume 'my runs/a b' --base-dir 'my runs' --offline")
    assert optimize.report(result, OptimizeOptions(quiet=True)) == ["a/b"]
    tested = {
        "train": ["2025-05-10", "2025-05-20"], "test": ["2025-05-21", "2025-05-24"], "trials": 1234, "members": 7,
        "rank_correlation": {"adg_usd": 0.5, "x": None}, "kept_limits": 6, "robustness": 0.75, "deflated_sharpe": None,
    }  # fmt: skip
    assert optimize.report({**result, "finished": True, "validation": tested}, plain)[3] == (
        "searched 2025-05-10 to 2025-05-20, tested 2025-05-21 to 2025-05-24 · 1,234 trials · "
        "rank correlation adg_usd 0.5, x – · 6 of 7 keep the limits unseen · "
        "median robustness 0.75 · median deflated Sharpe –"
    )


def test_a_cluster_goes_along_with_new_runs_and_resumed_ones(config, tmp_path, monkeypatch, capsys):
    job = optimize.plan(parse([config, "--cluster", "10.0.0.1:6379"]))
    assert OptimizeJob.of_request(json.loads(json.dumps(job.to_request()))).cluster == "10.0.0.1:6379"
    assert optimize.plan(parse(["--resume", str(tmp_path), "--cluster", "auto"])).cluster == "auto"
    for words, said in ((["--cluster", "there"], "no cluster"), (["--cluster", "auto", "-c", "2"], "leave out -c")):
        assert report(lambda words=words: optimize.main([config, *words])) == 2
        assert said in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert report(lambda: optimize.main([config, "--cluster", "auto"])) == 2
    assert "install pbtui[cluster]" in capsys.readouterr().err
