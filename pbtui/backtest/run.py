"""One backtest from a configuration to numbers: prepare candles, simulate, analyse (backtest.md 1 to 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pbtui.backtest.analysis import Metrics, analysis_of
from pbtui.backtest.condense import condensed
from pbtui.backtest.inputs import EngineInputs, Window, engine_inputs, whole
from pbtui.backtest.pictures import Curve
from pbtui.backtest.reach import Reach
from pbtui.backtest.sourcing import Sourcing, supplies_for
from pbtui.backtest.tables import curve_of
from pbtui.config import Config
from pbtui.core.clock import Clock
from pbtui.core.errors import ConfigError, ExchangeError
from pbtui.engine.backtest import BacktestOutcome, Equity, Fills, run_backtest
from pbtui.jobs.events import Event, Note, Stage
from pbtui.jobs.watch import watched_run
from pbtui.market.prepare import Dataset, DatasetCache, Request, Supplies, prepare
from pbtui.market.prepare.build import Step

OnEvent = Callable[[Event], None]
OFFLINE = "--offline runs on the candles that are held"
_LEAST_PRICE = 1e-12
_STAGES = {"fetch": "candles", "read": "reading candles", "write": "building the dataset"}


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run and all that its result folder tells."""

    name: str  # exchange, or combined
    config: Config
    data: Dataset
    inputs: EngineInputs
    fills: Fills
    equity: Equity
    curve: Curve
    analysis: Metrics
    elapsed_s: float

    @property
    def end_ms(self) -> int:
        """Open time of the last bar simulated."""
        return Reach.of(self.inputs).end_ms

    @property
    def start_ms(self) -> int:
        """When trading could begin."""
        return Reach.of(self.inputs).start_ms


def check_settings(config: Config) -> None:
    """Raise ConfigError for settings that no run can have."""
    balance = config.backtest.starting_balance
    if not 0.0 < balance < float("inf"):
        raise ConfigError(f"backtest.starting_balance {balance:g} is not positive", hint="give an amount of money")


async def dataset_of(config: Config, sourcing: Sourcing, on_event: OnEvent) -> Dataset:
    """Prepare the candles a configuration asks for; raises NoData, ConfigError, DataError, ExchangeError."""
    check_settings(config)
    return await dataset_for(Request.of(config, base_dir=sourcing.base_dir), sourcing, on_event)


async def dataset_for(request: Request, sourcing: Sourcing, on_event: OnEvent) -> Dataset:
    """Prepare the candles of a request; raises NoData, ConfigError, DataError, ExchangeError."""
    on_event(Stage("candles"))
    try:
        async with supplies_for([request], sourcing) as supplies:
            return await prepared(request, supplies, sourcing, on_event)
    except ExchangeError as error:
        error.hint = error.hint or OFFLINE
        raise


async def prepared(request: Request, supplies: Supplies, sourcing: Sourcing, on_event: OnEvent) -> Dataset:
    """Prepare one dataset and tell what should be known of it."""

    def step(at: Step) -> None:
        text = _STAGES[at.stage]
        on_event(Stage(f"{text} {at.text}".strip(), at.done, at.total))

    cache = DatasetCache(sourcing.base_dir, on_cleared=lambda text: on_event(Note(text, "info")))
    data = await prepare(request, supplies, cache, now_ms=sourcing.clock.now_ms(), on_step=step)
    for note in condensed(data.notes):
        on_event(Note(note, "warning"))
    return data


def run_name(config: Config) -> str:
    """Return the folder a run belongs to: its exchange as configured, or `combined` (3.3)."""
    exchanges = [name for name in config.backtest.exchanges if name.strip()]
    return exchanges[0] if len(exchanges) == 1 else "combined"


def simulate(
    config: Config,
    data: Dataset,
    *,
    clock: Clock,
    on_event: OnEvent,
    window: Window | None = None,
    name: str = "",
    label: str = "",
) -> Run:
    """Run the engine over a dataset, or a window of it; `label` marks the events of one run among many.

    Raises InvalidInput when the engine refuses the numbers, and whatever `on_event` raises.
    """
    began = clock.monotonic()
    inputs = engine_inputs(config, whole(data) if window is None else window)
    on_event(Stage(f"simulating {label}".strip()))
    with watched_run(on_event, run=label, clock=clock) as progress:
        outcome = run_backtest(
            inputs.hlcvs, inputs.btc_usd, inputs.bots, inputs.markets, inputs.parameters, progress=progress
        )
    on_event(Stage(f"metrics {label}".strip()))
    fills, equity = _told(outcome)
    start = _wallets(inputs)
    run = Run(
        name=name or run_name(config),
        config=config,
        data=data,
        inputs=inputs,
        fills=fills,
        equity=equity,
        curve=curve_of(fills, equity, divider=config.backtest.balance_sample_divider, start=start),
        analysis=analysis_of(config, outcome),
        elapsed_s=clock.monotonic() - began,
    )
    if (short := Reach.of(inputs).line()) is not None:
        on_event(Note(short, "warning"))
    return run


def result_base(config: Config, base_dir: Path) -> Path:
    """Return the folder that holds all results of a configuration."""
    return base_dir / Path(config.backtest.base_dir).expanduser()


def _told(outcome: BacktestOutcome) -> tuple[Fills, Equity]:
    assert outcome.fills is not None
    assert outcome.equity is not None
    return outcome.fills, outcome.equity


def _wallets(inputs: EngineInputs) -> tuple[float, float, float]:
    """Return USD and BTC wallet before the first fill, and BTC's price then (2.3)."""
    price = max(float(inputs.btc_usd[0]), _LEAST_PRICE)
    balance = float(inputs.parameters["starting_balance"])
    held = max(0.0, float(inputs.parameters["btc_collateral_cap"])) * balance
    return balance - held, held / price, price
