"""What Prometheus collects from outside the cluster: engines on their hosts, and the trading services on Fargate."""

from __future__ import annotations

from typing import Any

import pulumi

from components.observability.prometheus.contract import ELASTIC, ENGINES, FIXED, SERVICES
from components.settings import Settings

# A burst in the market is over in seconds.
TRADING_INTERVAL = "5s"
# How soon a new engine or task is found.
_REFRESH = "30s"


def engine_scraping(settings: Settings) -> dict[str, Any]:
    """The `spec` of a ScrapeConfig of the operator's: every running host of an engine, found by its name."""
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
                    # Of the fleet, and those that always stand, which are numbered.
                    {"name": "tag:Name", "values": [name, f"{name}-*"]},
                ],
            }
        ],
        "relabelings": [
            {"targetLabel": "job", "replacement": ENGINES},
            # A name outlives its host; with the id, two hosts of one name stay two targets.
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
    """A scrape configuration of Prometheus' own, for which the operator has no kind: every running task of the cluster.

    Tasks are asked of ECS itself. Names of a private zone would do for eight of them: Route 53 answers with no more
    (Cloud Map Developer Guide, "AWS Cloud Map service health check and routing policies").
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
                # By ARN: Prometheus looks up what it was told by that.
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
