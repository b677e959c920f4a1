"""Configuration: a Passivbot v7 file, flags and override files become one checked, typed `Config`."""

from pbtui.config.coins import CoinLists, backtest_coins
from pbtui.config.errors import InvalidConfig, Problem, SyntaxFault
from pbtui.config.flags import add_config_flags, flag_values, prepare_argv
from pbtui.config.model import Config, params_for
from pbtui.config.overrides import CoinOverride
from pbtui.config.pipeline import check, load, load_changed
from pbtui.config.provenance import Origin
from pbtui.config.safety import Omission, needs_loss_gate_ack, risk_omissions
from pbtui.config.schema_backtest import BacktestSettings
from pbtui.config.schema_bot import SideParams
from pbtui.config.schema_live import LiveSettings, LoggingSettings

__all__ = [
    "BacktestSettings",
    "CoinLists",
    "CoinOverride",
    "Config",
    "InvalidConfig",
    "LiveSettings",
    "LoggingSettings",
    "Omission",
    "Origin",
    "Problem",
    "SideParams",
    "SyntaxFault",
    "add_config_flags",
    "backtest_coins",
    "check",
    "flag_values",
    "load",
    "load_changed",
    "needs_loss_gate_ack",
    "params_for",
    "prepare_argv",
    "risk_omissions",
]
