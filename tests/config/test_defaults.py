"""The two default configurations, and the files rendered from them."""

from __future__ import annotations

import hjson
import pytest

from pbtui.config import check, load, risk_omissions
from pbtui.config.docs import keys_markdown, template_text
from pbtui.config.pipeline import PROGRAM_ROOT, TEMPLATE
from pbtui.config.schema import KEYS, built_in_config, shipped_config

_OPEN = {"aggregate", "approved_coins", "ignored_coins"}
EXAMPLES = sorted((PROGRAM_ROOT / "configs" / "examples").glob("*.hjson"))


def test_rendered_files_are_current() -> None:
    assert TEMPLATE.read_text("utf-8") == template_text(), "run scripts/gen-docs"
    assert (PROGRAM_ROOT / "docs" / "config-keys.md").read_text("utf-8") == keys_markdown()


def test_template_holds_every_key_with_its_shipped_value() -> None:
    assert hjson.loads(TEMPLATE.read_text("utf-8")) == shipped_config()


def test_both_defaults_have_the_same_keys() -> None:
    def names(tree: dict) -> dict:
        return {
            name: names(item) if isinstance(item, dict) and name not in _OPEN else None for name, item in tree.items()
        }

    shipped, built_in = names(shipped_config()), names(built_in_config())
    assert shipped == built_in
    assert len(built_in_config()["bot"]["long"]) == 37
    assert len(built_in_config()["optimize"]["bounds"]) == 74


@pytest.mark.parametrize(
    ("name", "shipped", "built_in"),
    [
        ("backtest.candle_interval_minutes", 2, 1),
        ("backtest.btc_collateral_cap", 0.0, 1.0),
        ("backtest.maker_fee_override", 0.0004, None),
        ("bot.long.total_wallet_exposure_limit", 1.25, 1.7),
        ("bot.short.total_wallet_exposure_limit", 0, 1.7),
        ("bot.short.unstuck_ema_dist", -0.2, 0.0),
        ("live.market_orders_allowed", False, True),
        ("live.empty_means_all_approved", True, False),
        ("live.max_realized_loss_pct", 0.05, 1.0),
        ("live.minimum_coin_age_days", 365, 7.0),
        ("live.max_memory_candles_per_symbol", 200_000, 20_000),
        ("optimize.iters", 500_000, 30_000),
        ("optimize.bounds.long_n_positions", [1, 20, 1], [1.0, 20.0]),
        ("optimize.bounds.short_total_wallet_exposure_limit", [0.0, 0.0], [0.0, 2.0]),
    ],
)
def test_defaults_that_differ(name: str, shipped: object, built_in: object) -> None:
    assert KEYS[name].shipped == shipped
    assert KEYS[name].built_in == built_in


def test_every_built_in_default_is_allowed_by_its_own_declaration() -> None:
    from pbtui.config.check import check_value

    for declared in KEYS.values():
        check_value(declared, declared.built_in)
        assert check_value(declared, declared.shipped)[1] == "", declared.name


def test_without_a_file_the_template_is_loaded() -> None:
    config = load(None)
    assert config.path is None
    assert config.origin("live.leverage").kind == "shipped"
    assert config.live.max_realized_loss_pct == 0.05
    assert config.bot.short.total_wallet_exposure_limit == 0.0
    assert "BTC" in config.live.approved_coins["long"]
    assert config.warnings == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_complete_and_free_of_warnings(path) -> None:
    config = check(path)
    assert config.warnings == ()
    assert risk_omissions(config) == []
    assert config.backtest.honour_coin_lists is True


def test_there_are_three_examples() -> None:
    assert [path.name for path in EXAMPLES] == ["hedge_trailing.hjson", "long_grid.hjson", "paper.hjson"]


@pytest.mark.parametrize("pside", ["long", "short"])
def test_the_demo_can_open_three_coins_with_a_balance_of_1000(pside: str) -> None:
    config = check(PROGRAM_ROOT / "configs" / "examples" / "paper.hjson")
    side = config.bot.long if pside == "long" else config.bot.short
    limit = side.total_wallet_exposure_limit / side.n_positions
    first_entry = 1000 * limit * (1 + side.risk_we_excess_allowance_pct) * side.entry_initial_qty_pct
    minimum_costs = {"BTC": 100, "ETH": 20, "SOL": 5, "XRP": 5, "ADA": 5}
    assert sum(first_entry >= cost for cost in minimum_costs.values()) >= 3
