"""Budgets and cost anomaly detection.

Both services are global and notify only topics in us-east-1. Each stack declares its own share, both in standby and
active, so that a takeover changes nothing (docs/decisions, 8). AWS reports costs some hours late, so a budget protects
the month and not the minute.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# Percent of the budget, for actual and for forecast costs.
_TOLD_AT = ((80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


@dataclass(frozen=True)
class CostsArgs:
    """`operations` is the ARN of the operators' topic, which admits both services."""

    settings: Settings
    operations: pulumi.Input[str]


class Costs(Layer):
    """One budget for each region, and detection of cost anomalies."""

    def __init__(self, name: str, args: CostsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Costs", name, opts)
        self._args = args
        self._budget()
        monitor = self._monitor()
        if monitor is not None:
            self._anomaly_subscription(monitor)
        self.register_outputs({})

    def _budget(self) -> None:
        settings = self._args.settings
        aws.budgets.Budget(
            "month",
            name=settings.name("month"),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(settings.observability.monthly_budget),
            limit_unit="USD",
            # All costs of the region, with or without tags: an untagged resource is likely to be forgotten.
            cost_filters=[aws.budgets.BudgetCostFilterArgs(name="Region", values=[settings.region.name])],
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[self._args.operations],
                )
                for percent, kind in _TOLD_AT
            ],
            opts=self.child,
        )

    def _monitor(self) -> pulumi.Input[str] | None:
        """ARN of the monitor. An account can have one monitor of its services, and a member account of an organization
        can create no other kind (Cost Management User Guide, "Getting started with AWS Cost Anomaly Detection")."""
        settings = self._args.settings
        choice = settings.observability.cost_anomaly_monitor
        if choice != "create":
            return None if choice == "none" else choice
        return aws.costexplorer.AnomalyMonitor(
            "services",
            name=settings.name("services"),
            monitor_type="DIMENSIONAL",
            monitor_dimension="SERVICE",
            opts=self.child,
        ).arn

    def _anomaly_subscription(self, monitor: pulumi.Input[str]) -> None:
        settings = self._args.settings
        aws.costexplorer.AnomalySubscription(
            "anomalies",
            name=settings.name("anomalies"),
            # SNS subscriptions support only immediate notifications (Cost Explorer API Reference, AnomalySubscription,
            # `Frequency`).
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor],
            subscribers=[aws.costexplorer.AnomalySubscriptionSubscriberArgs(type="SNS", address=self._args.operations)],
            threshold_expression=aws.costexplorer.AnomalySubscriptionThresholdExpressionArgs(
                dimension=aws.costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs(
                    key="ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    match_options=["GREATER_THAN_OR_EQUAL"],
                    values=[str(settings.observability.cost_anomaly)],
                )
            ),
            opts=self.child,
        )
