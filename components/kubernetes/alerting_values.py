"""Alertmanager's configuration: receivers, grouping and repetition of notifications."""

from __future__ import annotations

from typing import Any

import pulumi

from components.observability.prometheus.inhibitions import INHIBITIONS
from components.observability.prometheus.rule import Severity
from components.settings import Settings

_RECEIVER = "operations"
# Alerts that fire within this time are grouped into one notification.
_GROUP_WAIT, _GROUP_INTERVAL = "30s", "5m"
# A group with severity critical sends further alerts almost without delay.
_SOON, _NEXT_SOON, _AGAIN_SOON, _AGAIN = "5s", "30s", "1h", "12h"
# SNS API Reference, Publish: a subject is one line of ASCII, of fewer than 100 characters. The template fits for the
# longest alert name and region.
_SUBJECT = "{{ .Status | toUpper }} {{ .GroupLabels.alertname }} in {{ .CommonLabels.region }}"
_MESSAGE = """\
{{ range .Alerts }}{{ .Status | toUpper }} ({{ .Labels.severity }}): {{ .Annotations.summary }}
{{ .Annotations.description }}
What to do: {{ .Annotations.runbook }}
Since {{ .StartsAt }}; {{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}

{{ end }}"""


def alertmanager_config(settings: Settings, topic_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Return Alertmanager's configuration. Its one receiver is the operators' topic. Critical alerts are sent within
    seconds and repeated every hour; others are grouped for half a minute and repeated every twelve hours."""
    return {
        "route": {
            "receiver": _RECEIVER,
            "group_by": ["alertname"],
            "group_wait": _GROUP_WAIT,
            "group_interval": _GROUP_INTERVAL,
            "repeat_interval": _AGAIN,
            "routes": [
                {
                    "receiver": _RECEIVER,
                    "matchers": [f'severity = "{Severity.CRITICAL.value}"'],
                    "group_wait": _SOON,
                    "group_interval": _NEXT_SOON,
                    "repeat_interval": _AGAIN_SOON,
                }
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname = "{each.source}"'],
                "target_matchers": [f'alertname =~ "{"|".join(each.targets)}"'],
                **({"equal": list(each.equal)} if each.equal else {}),
            }
            for each in INHIBITIONS
        ],
        "receivers": [
            {
                "name": _RECEIVER,
                "sns_configs": [
                    {
                        "topic_arn": topic_arn,
                        # The pod's role signs requests, so that no key is stored.
                        "sigv4": {"region": settings.region.name},
                        "subject": _SUBJECT,
                        "message": _MESSAGE,
                        "send_resolved": True,
                    }
                ],
            }
        ],
    }
