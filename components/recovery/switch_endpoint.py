"""The traffic switch endpoint: Route 53 health checkers ask it whether the recovery region has taken over."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.edge.api_logs import ACCESS_LOG_FORMAT, ApiLogs, ApiLogsArgs
from components.layer import Layer
from components.network.firewall import WebFirewall
from components.recovery.switch_document import PATH, PRIMARY_PATH, STAGE, switch_document
from components.security.keys import DataClass, Keys
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings
from recovery.switch import ITEM

# Route 53 Developer Guide, "Values that you specify when you create or update health checks": checkers of all regions
# together send about one request a second for each check, and two checks ask. The rest is room for strangers: the
# firewall stops one address after 120 requests in a minute, usually within 30 s (WAF Developer Guide, "Rate-based rule
# caveats"), and until then the endpoint must go on answering. A twentieth of an account's 10,000 requests a second (API
# Gateway quotas) leaves the Trading API what it needs. Checkers that get no answer move no traffic to a region without
# the lease (`components.recovery.traffic`).
_REQUESTS_PER_SECOND, _BURST = 500, 1000


@dataclass(frozen=True)
class SwitchEndpointArgs:
    """The stack of the control table, its key, and the region's firewall."""

    settings: Settings
    keys: Keys
    tables: Tables
    firewall: WebFirewall


class SwitchEndpoint(Layer):
    """A REST API that reads one item of the control table directly, without a function that would need a cold start."""

    host: pulumi.Output[str]
    path: str
    primary_path: str
    url: pulumi.Output[str]

    def __init__(self, name: str, args: SwitchEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:SwitchEndpoint", name, opts)
        self._args = args
        self._settings = args.settings
        permissions = self._reader()
        document = json.dumps(
            switch_document(
                region=args.settings.region.name, table=args.tables.name(TableName.CONTROL), role_arn=self._role_arn
            ),
            sort_keys=True,
        )
        self.api = aws.apigateway.RestApi(
            "switch",
            name=args.settings.name("switch"),
            description="Answers health checkers whether this region has taken over",
            body=document,
            put_rest_api_mode="overwrite",
            fail_on_warnings=True,
            endpoint_configuration=aws.apigateway.RestApiEndpointConfigurationArgs(types="REGIONAL"),
            opts=self.after(permissions),
        )
        self.stage = self._stage(document)
        args.firewall.protect("switch", self.stage.arn)
        self.host = pulumi.Output.concat(self.api.id, f".execute-api.{args.settings.region.name}.amazonaws.com")
        self.path, self.primary_path = f"/{STAGE}{PATH}", f"/{STAGE}{PRIMARY_PATH}"
        self.url = pulumi.Output.concat("https://", self.host, self.path)
        self.register_outputs({"url": self.url})

    @property
    def _role_arn(self) -> str:
        """ARN of the role, known before the role exists: the document contains it, and the deployment's hash covers the
        document."""
        return f"arn:aws:iam::{self._settings.general.account_id}:role/{self._settings.name('switch')}"

    def _reader(self) -> aws.iam.RolePolicy:
        args, settings = self._args, self._settings
        region = settings.region.name
        role = aws.iam.Role(
            "switch",
            name=settings.name("switch"),
            description="API Gateway reads the position of the traffic switch",
            assume_role_policy=trust_of_service("apigateway.amazonaws.com", settings.general.account_id),
            opts=self.child,
        )
        return aws.iam.RolePolicy(
            "switch",
            name=settings.name("switch"),
            role=role.id,
            policy=policy_document(
                Statement(
                    "ReadTheSwitch",
                    ["dynamodb:GetItem"],
                    [args.tables.arn(TableName.CONTROL)],
                    # The lease and the journal are in the same table.
                    conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [ITEM]}},
                ),
                Statement(
                    "ReadItEncrypted",
                    ["kms:Decrypt"],
                    [args.keys.arn(DataClass.TABLES)],
                    conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{region}.amazonaws.com"}},
                ),
            ),
            opts=self.child,
        )

    def _stage(self, document: str) -> aws.apigateway.Stage:
        logs = ApiLogs(
            "switch-logs",
            ApiLogsArgs(
                self._settings,
                self._args.keys.arn(DataClass.LOGS),
                self.api.id,
                STAGE,
                api="switch",
                with_role=False,
            ),
            self.child,
        )
        deployment = aws.apigateway.Deployment(
            "switch",
            rest_api=self.api.id,
            description="Deployment of the whole document",
            triggers={"document": hashlib.sha256(document.encode()).hexdigest()},
            opts=self.child,
        )
        stage = aws.apigateway.Stage(
            "switch",
            rest_api=self.api.id,
            stage_name=STAGE,
            deployment=deployment.id,
            xray_tracing_enabled=True,
            access_log_settings=aws.apigateway.StageAccessLogSettingsArgs(
                destination_arn=logs.access.arn, format=ACCESS_LOG_FORMAT
            ),
            opts=self.after(*logs.ready),
        )
        aws.apigateway.MethodSettings(
            "switch",
            rest_api=self.api.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings=aws.apigateway.MethodSettingsSettingsArgs(
                metrics_enabled=True,
                logging_level="ERROR",
                data_trace_enabled=False,
                throttling_rate_limit=_REQUESTS_PER_SECOND,
                throttling_burst_limit=_BURST,
            ),
            opts=self.child,
        )
        return stage
