"""Running single tests in this process, without the reports and hooks of a whole session of pytest."""

from __future__ import annotations

import io
import signal
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

import pytest
from _pytest.outcomes import Skipped


def passes(item: pytest.Item) -> bool:
    """Whether the test passes. Session fixtures stay for the next test and for each fork."""
    whole: Any = item.session
    raw: Any = item
    try:
        with redirect_stdout(io.StringIO()):
            if not raw._request:
                raw._initrequest()
            whole._setupstate.setup(item)
            item.runtest()
        return True
    except Skipped:
        return True
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a failure of any kind, such as pytest's own, is a verdict
        return False
    finally:
        whole._setupstate.teardown_exact(whole)
        raw._request, raw.funcargs = False, None


def first_failing(items: Sequence[pytest.Item], limits: Sequence[float]) -> int | None:
    """The place of the first test that fails. SIGPROF ends this process where a test takes more of the processor."""
    for index, (item, limit) in enumerate(zip(items, limits, strict=True)):
        signal.setitimer(signal.ITIMER_PROF, limit)
        if not passes(item):
            return index
    return None
