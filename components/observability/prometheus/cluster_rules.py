"""Alerts on the Kubernetes cluster that runs monitoring and other workloads."""

from __future__ import annotations

from components.observability.prometheus import contract
from components.observability.prometheus import exporters as of
from components.observability.prometheus.rule import Alert, Group, Severity

_INTERVAL = "30s"
_LEAST_ROOM, _MOST_DNS_ERRORS = 0.15, 0.01
_DAY = 24 * 60 * 60


def cluster_alerts() -> Group:
    """Alerts on nodes, pods, volumes, the autoscaler and DNS."""
    room = f"{of.VOLUME_AVAILABLE.name} / {of.VOLUME_CAPACITY.name}"
    answers = of.DNS_RESPONSES.name
    return Group(
        "cluster",
        _INTERVAL,
        [
            Alert(
                "NodeNotReady",
                f'{of.NODE_CONDITION.name}{{condition="Ready",status="true"}} == 0',
                Severity.WARNING,
                "A node of the cluster is not ready",
                "{{ $labels.node }} has not been ready for 10 minutes: its pods move, if another has room.",
                hold="10m",
            ),
            Alert(
                "PodCrashLooping",
                f'max by (namespace, pod, container) (max_over_time({of.POD_WAITING.name}{{reason="CrashLoopBackOff"}}'
                "[5m])) == 1",
                Severity.WARNING,
                "A container restarts repeatedly",
                "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} is in CrashLoopBackOff.",
                hold="10m",
            ),
            Alert(
                "VolumeFillsUp",
                f"{room} < {_LEAST_ROOM:g} and predict_linear({of.VOLUME_AVAILABLE.name}[6h], {_DAY}) < 0",
                Severity.WARNING,
                "A volume will be full within a day",
                "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} "
                "free space and will be full within a day at the rate of the last 6 hours.",
                hold="30m",
            ),
            Alert(
                "AutoscalerUnable",
                f"{of.SAFE_TO_SCALE.name} == 0",
                Severity.WARNING,
                "The autoscaler has stopped scaling",
                "It reports that the cluster is not in a safe state to add or remove nodes.",
                hold="15m",
            ),
            Alert(
                "PodsFindNoNode",
                f"sum({of.UNSCHEDULABLE.name}) > 0",
                Severity.WARNING,
                "Pods stay unschedulable",
                "{{ $value }} pods have been unschedulable for 15 minutes.",
                hold="15m",
            ),
            Alert(
                "NamesNotResolved",
                f'(sum(rate({answers}{{rcode="SERVFAIL"}}[5m])) or vector(0)) / (sum(rate({answers}[5m])) > 0) '
                f"> {_MOST_DNS_ERRORS:g}",
                Severity.WARNING,
                "DNS resolution fails in the cluster",
                "CoreDNS answers {{ $value | humanizePercentage }} of queries with SERVFAIL.",
                hold="10m",
            ),
            Alert(
                "TargetDown",
                f'{of.UP.name}{{job!="{contract.ENGINES}"}} == 0',
                Severity.WARNING,
                "A target cannot be scraped",
                "{{ $labels.instance }} of the job {{ $labels.job }} has not answered for 10 minutes.",
                hold="10m",
            ),
        ],
    )
