"""Values of Alertmanager: who is told of an alert, how soon, and how often."""

from __future__ import annotations

from typing import Any

import pulumi

from components.observability.prometheus.inhibitions import INHIBITIONS
from components.observability.prometheus.rule import Severity
from components.settings import Settings

_RECEIVER = "operations"
# What is raised within this time comes in one message.
_GROUP_WAIT, _GROUP_INTERVAL = "30s", "5m"
# Of what is critical, the second of a kind is told nearly as soon as the first.
_SOON, _NEXT_SOON, _AGAIN_SOON, _AGAIN = "5s", "30s", "1h", "12h"
# SNS API Reference, Publish: a subject is one line of ASCII, of fewer than 100 characters. The longest name of an
# alert and of a region leave room.
_SUBJECT = "{{ .Status | toUpper }} {{ .GroupLabels.alertname }} in {{ .CommonLabels.region }}"
_MESSAGE = """\
{{ range .Alerts }}{{ .Status | toUpper }} ({{ .Labels.severity }}): {{ .Annotations.summary }}
{{ .Annotations.description }}
What to do: {{ .Annotations.runbook }}
Since {{ .StartsAt }}; {{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}

{{ end }}"""


def alertmanager_config(settings: Settings, topic_arn: pulumi.Input[str]) -> dict[str, Any]:
    """The configuration of Alertmanager: one receiver, the topic that people are subscribed to. What is critical is
    told at once and again within the hour, the rest in working hours' time."""
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
                        # The role of the pod signs; no key is kept.
                        "sigv4": {"region": settings.region.name},
                        "subject": _SUBJECT,
                        "message": _MESSAGE,
                        "send_resolved": True,
                    }
                ],
            }
        ],
    }
