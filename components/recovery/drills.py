"""Drills on AWS: a FIS experiment that isolates a region from the others, and its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.bucket import bucket_name
from components.data.records import RecordClass
from components.data.tables import Tables
from components.layer import Layer
from components.recovery.scheduled_task import ScheduledTask, ScheduledTaskArgs
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Role, Settings
from functions import metrics

# A client cannot resolve an unknown outcome at once, so a drill that causes them stops.
_STOP_PERIODS = 3


@dataclass(frozen=True)
class DrillsArgs:
    """`subnet_arns`, by tier, and `hub_arn` are the targets of the network disruption."""

    settings: Settings
    keys: Keys
    tables: Tables
    subnet_arns: Mapping[str, list[pulumi.Input[str]]]
    hub_arn: pulumi.Input[str]


class Drills(Layer):
    """An AWS FIS experiment after the scenario "Cross-Region: Connectivity": this region keeps running and serves its
    own clients, but reaches no other region and replicates nothing. Without the lease, both regions would accept orders
    in this partition.

    If `drillEnabled` is set, the schedule runs in the primary. The recovery region has the same experiment for the time
    when it is active. The experiment stops when the stop alarm fires.
    """

    template: aws.fis.ExperimentTemplate

    def __init__(self, name: str, args: DrillsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Drills", name, opts)
        self._args = args
        self._settings = args.settings
        self.log_group = aws.cloudwatch.LogGroup(
            "drill",
            # FIS User Guide, "Experiment logging": vended logs can go to log groups of any name.
            name=f"/aws/fis/{args.settings.name('drill')}",
            retention_in_days=args.settings.functions.function_log_days,
            kms_key_id=args.keys.arn(DataClass.LOGS),
            opts=self.child,
        )
        self.stop = self._stop_alarm()
        self.template = self._template()
        self._schedule()
        self.register_outputs({"experimentTemplate": self.template.id})

    def _stop_alarm(self) -> aws.cloudwatch.MetricAlarm:
        metric = metrics.ORDERS_OUTCOME_UNKNOWN
        return aws.cloudwatch.MetricAlarm(
            "drill-stop",
            name=self._settings.name("drill-stop"),
            alarm_description="Too many orders end with an unknown outcome: FIS stops the drill.",
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions,
            statistic="Sum",
            period=60,
            evaluation_periods=_STOP_PERIODS,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=1,
            treat_missing_data="notBreaching",
            opts=self.child,
        )

    def _template(self) -> aws.fis.ExperimentTemplate:
        role, permissions = self._fis_role()
        duration = ("duration", f"PT{self._settings.recovery.drill_minutes}M")
        away = (duration, ("region", self._other_region))
        return aws.fis.ExperimentTemplate(
            "region-cut-off",
            description=f"{self._settings.region.name} is isolated from other regions for a while and keeps running",
            role_arn=role.arn,
            stop_conditions=[{"source": "aws:cloudwatch:alarm", "value": self.stop.arn}],
            experiment_options={"account_targeting": "single-account", "empty_target_resolution_mode": "fail"},
            log_configuration={
                "log_schema_version": 2,
                "cloudwatch_logs_configuration": {"log_group_arn": pulumi.Output.concat(self.log_group.arn, ":*")},
            },
            targets=[
                # A target accepts at most five ARNs (FIS API Reference, CreateExperimentTemplateTargetInput): one
                # target for each tier.
                *(
                    {
                        "name": f"{tier.title()}Subnets",
                        "resource_type": "aws:ec2:subnet",
                        "selection_mode": "ALL",
                        "resource_arns": arns,
                    }
                    for tier, arns in self._args.subnet_arns.items()
                ),
                {
                    "name": "TransitGateways",
                    "resource_type": "aws:ec2:transit-gateway",
                    "selection_mode": "ALL",
                    "resource_arns": [self._args.hub_arn],
                },
                {
                    "name": "Tables",
                    "resource_type": "aws:dynamodb:global-table",
                    "selection_mode": "ALL",
                    "resource_arns": list(self._args.tables.arns.values()),
                },
                {
                    "name": "Buckets",
                    "resource_type": "aws:s3:bucket",
                    "selection_mode": "ALL",
                    "resource_arns": self._bucket_arns,
                },
            ],
            actions=[
                *(
                    _action(
                        f"cut-{tier}-subnets-off",
                        "network:route-table-disrupt-cross-region-connectivity",
                        f"{tier.title()}Subnets",
                        *away,
                        kind="Subnets",
                    )
                    for tier in self._args.subnet_arns
                ),
                _action(
                    "cut-hub-off", "network:transit-gateway-disrupt-cross-region-connectivity", "TransitGateways", *away
                ),
                _action("pause-tables", "dynamodb:global-table-pause-replication", "Tables", duration),
                _action("pause-records", "s3:bucket-pause-replication", "Buckets", *away),
            ],
            tags={"Name": self._settings.name("region-cut-off")},
            opts=self.after(permissions),
        )

    @property
    def _other_region(self) -> str:
        general = self._settings.general
        return general.dr_region if self._settings.is_primary else general.primary_region

    @property
    def _bucket_arns(self) -> list[str]:
        role = Role.PRIMARY if self._settings.is_primary else Role.DR
        return [f"arn:aws:s3:::{bucket_name(self._settings, record, role)}" for record in RecordClass]

    def _fis_role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        settings = self._settings
        region, account = settings.region.name, settings.general.account_id
        role = aws.iam.Role(
            "drill",
            name=settings.name("drill"),
            description="FIS isolates this region for a drill",
            assume_role_policy=trust_of_service(
                "fis.amazonaws.com",
                account,
                {"ArnLike": {"aws:SourceArn": f"arn:aws:fis:{region}:{account}:experiment/*"}},
            ),
            opts=self.child,
        )
        permissions = aws.iam.RolePolicy(
            "drill",
            name=settings.name("drill"),
            role=role.id,
            policy=policy_document(*self._statements()),
            opts=self.child,
        )
        return role, permissions

    def _statements(self) -> list[Statement]:
        """Permissions of the four actions (FIS User Guide, "AWS FIS actions reference")."""
        settings = self._settings
        region, account = settings.region.name, settings.general.account_id
        made_by_fis = {"StringEquals": {"aws:ResourceTag/managedByFIS": "true"}}
        ec2 = f"arn:aws:ec2:{region}:{account}"
        return [
            Statement(
                "SeeTheNetwork",
                [
                    "ec2:DescribeManagedPrefixLists",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeRouteTables",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeTransitGatewayAttachments",
                    "ec2:DescribeTransitGatewayPeeringAttachments",
                    "ec2:DescribeTransitGateways",
                    "ec2:DescribeVpcEndpoints",
                    "ec2:DescribeVpcPeeringConnections",
                    "ec2:DescribeVpcs",
                    "ec2:GetManagedPrefixListEntries",
                ],
                ["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": region}},
            ),
            Statement(
                "MakeRouteTablesOfTheDrill",
                ["ec2:CreateManagedPrefixList", "ec2:CreateNetworkInterface", "ec2:CreateRouteTable", "ec2:CreateTags"],
                [
                    f"{ec2}:{kind}/*"
                    for kind in ("network-interface", "prefix-list", "route-table", "security-group", "subnet", "vpc")
                ],
            ),
            Statement(
                "ChangeRouteTablesOfTheDrill",
                [
                    "ec2:CreateRoute",
                    "ec2:DeleteManagedPrefixList",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteRouteTable",
                    "ec2:ModifyManagedPrefixList",
                ],
                [f"{ec2}:{kind}/*" for kind in ("network-interface", "prefix-list", "route-table")],
                conditions=made_by_fis,
            ),
            Statement(
                "PutThemInPlace",
                [
                    "ec2:AssociateRouteTable",
                    "ec2:DisassociateRouteTable",
                    "ec2:ModifyVpcEndpoint",
                    "ec2:ReplaceRouteTableAssociation",
                ],
                [f"{ec2}:{kind}/*" for kind in ("route-table", "subnet", "vpc-endpoint")],
            ),
            Statement(
                "CutTheHubOff",
                ["ec2:AssociateTransitGatewayRouteTable", "ec2:DisassociateTransitGatewayRouteTable"],
                [f"{ec2}:transit-gateway-attachment/*", f"{ec2}:transit-gateway-route-table/*"],
            ),
            Statement(
                "PauseTables",
                [
                    "dynamodb:DeleteResourcePolicy",
                    "dynamodb:DescribeTable",
                    "dynamodb:GetResourcePolicy",
                    "dynamodb:PutResourcePolicy",
                ],
                [*self._args.tables.arns.values()],
            ),
            # This action does not support resource-level permissions.
            Statement(
                "PauseReplication",
                ["dynamodb:InjectError"],
                ["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": region}},
            ),
            Statement(
                "PauseRecords",
                [
                    "s3:GetReplicationConfiguration",
                    "s3:ListBucket",
                    "s3:PauseReplication",
                    "s3:PutReplicationConfiguration",
                ],
                self._bucket_arns,
            ),
            # AWS names the resources of vended log delivery.
            Statement(
                "DeliverLogs",
                [
                    "logs:CreateLogDelivery",
                    "logs:DescribeLogGroups",
                    "logs:DescribeResourcePolicies",
                    "logs:PutResourcePolicy",
                ],
                ["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": region}},
            ),
        ]

    def _schedule(self) -> None:
        settings, recovery = self._settings, self._settings.recovery
        fis = f"arn:aws:fis:{settings.region.name}:{settings.general.account_id}"
        template = pulumi.Output.concat(fis, ":experiment-template/", self.template.id)
        ScheduledTask(
            "region-cut-off",
            ScheduledTaskArgs(
                settings,
                "Isolates the region for a while, once a month",
                drill_expression(settings),
                # EventBridge Scheduler User Guide, "Using universal targets".
                target="arn:aws:scheduler:::aws-sdk:fis:startExperiment",
                input=pulumi.Output.json_dumps(
                    {"ClientToken": "<aws.scheduler.execution-id>", "ExperimentTemplateId": self.template.id}
                ),
                statement=Statement("BeginTheDrill", ["fis:StartExperiment"], [template, f"{fis}:experiment/*"]),
                zone=settings.market.market_time_zone,
                # Only the primary's schedule is enabled: a drill rehearses the loss of the region that normally serves.
                enabled=recovery.drill_enabled and settings.is_primary,
            ),
            self.child,
        )


def _action(
    name: str, action: str, targets: str, *parameters: tuple[str, str], kind: str | None = None
) -> aws.fis.ExperimentTemplateActionArgs:
    """An action on its targets. By default, the target's key is the kind of the target, as FIS requires."""
    return aws.fis.ExperimentTemplateActionArgs(
        name=name,
        action_id=f"aws:{action}",
        parameters=[aws.fis.ExperimentTemplateActionParameterArgs(key=key, value=value) for key, value in parameters],
        target=aws.fis.ExperimentTemplateActionTargetArgs(key=kind or targets, value=targets),
    )


def drill_expression(settings: Settings) -> str:
    """Schedule of drills: the first such day of each month, at a time in the markets' time zone."""
    hour, minute = settings.recovery.drill_time.split(":")
    return f"cron({int(minute)} {int(hour)} ? * {settings.recovery.drill_day}#1 *)"
