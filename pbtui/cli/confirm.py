"""Real money is confirmed before anything is opened or drawn."""

from __future__ import annotations

import sys

from pbtui.cli.run_args import RunOptions


def confirm_real_money(options: RunOptions) -> None:
    """Ask where a run would trade real money for the first time; raises SafetyRefusal without an answer.

    Raises ConfigError for an account that can't be used. Runs on paper are not looked at.
    """
    named = options.user if options.user is not None else "" if options.config is not None else "paper"
    if named == "paper" or options.replay is not None or options.synthetic:
        return
    from pbtui.cli.plan import make_plan
    from pbtui.cli.safety import Gate, pass_gate
    from pbtui.live.lock import state_folder

    plan = make_plan(options)
    if plan.account is None:
        return
    gate = Gate(
        yes_live=options.yes_live,
        accept_built_in_defaults=options.accept_built_in_defaults,
        ask=_ask if not options.no_ui and sys.stdin.isatty() else None,
    )
    pass_gate(
        plan.config,
        user=plan.user,
        exchange=plan.exchange,
        state_dir=state_folder(),
        gate=gate,
        via=plan.other_addresses(),
        key=plan.account.key_print,
    )


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()
