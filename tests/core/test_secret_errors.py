from __future__ import annotations

import json
import pickle

import pytest

from pbtui.core import errors
from pbtui.core.errors import ExitCode, PbtuiError, RateLimited
from pbtui.core.secret import Secret


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2")
    shown = [repr(secret), str(secret), f"{secret:>10}", f"{secret!r}", repr({"key": secret}), repr([secret])]
    assert all("hunter2" not in text for text in shown)
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    assert secret != "hunter2"
    assert not Secret("")


@pytest.mark.parametrize("dump", [pickle.dumps, json.dumps])
def test_a_secret_is_not_serialised(dump) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError):
        dump(Secret("hunter2"))


def test_every_error_is_one_line_with_an_exit_code() -> None:
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, PbtuiError)]
    assert len(kinds) > 10
    for kind in kinds:
        arguments = {"reason": "x"} if kind is errors.OrderRejected else {}
        error = kind("what\nhappened", hint="what to do", **arguments)
        assert error.line() == "what happened; what to do"
        assert isinstance(error.exit_code, ExitCode)


def test_a_rate_limit_says_how_long() -> None:
    assert RateLimited("slow down", retry_after_s=12).retry_after_s == 12
