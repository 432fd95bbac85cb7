"""Alarms on log metrics: security events of the trail, errors in functions, refused API callers.

The primary's trail covers all regions, so alarms on security events are in the primary. While the primary region is
lost, GuardDuty and Security Hub of the recovery region still work.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import log_metrics
from components.observability.alarms.spec import Alarm, counted
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_logs

_FIVE_MINUTES = 300
# Events in five minutes: a few denied calls or failed sign-ins are human errors.
_TRAIL_THRESHOLDS = {"CallsNotAuthorised": 5, "SignInFailed": 3}
# Refused API calls in five minutes: expired tokens, and bursts above a rate limit.
_REFUSED_CALLERS, _THROTTLED_CALLERS = 100, 500


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """One alarm for each metric filter of `log_metrics`."""
    for purpose in layers.functions_with_logs:
        metric = log_metrics.errors_logged(purpose)
        yield counted(f"{purpose}-errors-logged", metric.meaning, of_logs(metric), period=_FIVE_MINUTES)
    for name, metric, threshold in (
        ("api-callers-refused", log_metrics.CALLERS_REFUSED, _REFUSED_CALLERS),
        ("api-callers-throttled", log_metrics.CALLERS_THROTTLED, _THROTTLED_CALLERS),
    ):
        yield counted(name, metric.meaning, of_logs(metric), threshold, period=_FIVE_MINUTES)
    if layers.trail:
        for metric in log_metrics.TRAIL:
            threshold = _TRAIL_THRESHOLDS.get(metric.name, 1)
            yield counted(
                f"trail-{_dashed(metric.name)}", metric.meaning, of_logs(metric), threshold, period=_FIVE_MINUTES
            )


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
