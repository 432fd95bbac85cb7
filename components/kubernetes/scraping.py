"""Scrape configurations of targets outside the cluster: engines on their hosts, and trading services on Fargate."""

from __future__ import annotations

from typing import Any

import pulumi

from components.observability.prometheus.contract import ELASTIC, ENGINES, FIXED, SERVICES
from components.settings import Settings

# Short interval, because a burst of orders lasts only seconds.
TRADING_INTERVAL = "5s"
# Interval in which new engines and tasks are discovered.
_REFRESH = "30s"


def engine_scraping(settings: Settings) -> dict[str, Any]:
    """Return the `spec` of the operator's ScrapeConfig for engines: all running engine hosts, found by their name
    tag."""
    name = settings.name("engine")
    return {
        "jobName": ENGINES,
        "scrapeInterval": TRADING_INTERVAL,
        "scrapeTimeout": TRADING_INTERVAL,
        "ec2SDConfigs": [
            {
                "region": settings.region.name,
                "port": settings.network.metrics_port,
                "refreshInterval": _REFRESH,
                "filters": [
                    {"name": "instance-state-name", "values": ["running"]},
                    # Hosts of the fleet, and fixed hosts, which have numbers.
                    {"name": "tag:Name", "values": [name, f"{name}-*"]},
                ],
            }
        ],
        "relabelings": [
            {"targetLabel": "job", "replacement": ENGINES},
            # Names are reused; with the instance id, two hosts of one name stay two targets.
            {
                "sourceLabels": ["__meta_ec2_tag_Name", "__meta_ec2_instance_id"],
                "separator": "/",
                "targetLabel": "instance",
            },
            {"sourceLabels": ["__meta_ec2_availability_zone"], "targetLabel": "zone"},
            {"targetLabel": "fleet", "replacement": FIXED},
            {
                "sourceLabels": ["__meta_ec2_tag_aws_autoscaling_groupName"],
                "regex": ".+",
                "targetLabel": "fleet",
                "replacement": ELASTIC,
            },
        ],
    }


def service_scraping(settings: Settings, cluster_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Return a scrape configuration in Prometheus' own syntax, because the operator has no kind for ECS: all running
    tasks of the cluster.

    Prometheus lists the tasks through the ECS API. DNS names of a private zone would work only for up to eight tasks,
    the maximum of a Route 53 answer (Cloud Map Developer Guide, "AWS Cloud Map service health check and routing
    policies").
    """
    return {
        "job_name": SERVICES,
        "scrape_interval": TRADING_INTERVAL,
        "scrape_timeout": TRADING_INTERVAL,
        "aws_sd_configs": [
            {
                "role": "ecs",
                "region": settings.region.name,
                "port": settings.network.metrics_port,
                "refresh_interval": _REFRESH,
                # By ARN, because Prometheus looks tasks up by this value.
                "clusters": [cluster_arn],
            }
        ],
        "relabel_configs": [
            {"source_labels": ["__meta_ecs_last_status"], "regex": "RUNNING", "action": "keep"},
            {"source_labels": ["__meta_ecs_task_arn"], "regex": ".*/(.+)", "target_label": "instance"},
            {"source_labels": ["__meta_ecs_availability_zone"], "target_label": "zone"},
            {"source_labels": ["__meta_ecs_service"], "target_label": "service"},
        ],
    }
