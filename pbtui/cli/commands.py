"""The words of the command line."""

# command → module with `main(argv) -> int`
COMMANDS = {
    "backtest": "pbtui.cli.backtest",
    "optimize": "pbtui.cli.optimize",
    "pareto": "pbtui.cli.pareto",
    "account": "pbtui.cli.account_check",
    "config": "pbtui.cli.config_cmd",
    "candles": "pbtui.cli.candles_cmd",
    "keys": "pbtui.cli.keys_cmd",
    "markets": "pbtui.cli.markets_cmd",
    "fills": "pbtui.cli.fills_cmd",
    "attach": "pbtui.cli.attach",
    "status": "pbtui.cli.status",
    "why": "pbtui.cli.why",
    "mode": "pbtui.cli.steer",
    "stop": "pbtui.cli.steer",
    "do": "pbtui.cli.do",
    "doctor": "pbtui.cli.doctor",
    "sim": "pbtui.cli.sim",
    "completions": "pbtui.cli.completions",
    "tool": "pbtui.cli.tool.group",
}
