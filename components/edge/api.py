"""The Trading API: one regional REST API, created from the same OpenAPI document in each region."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.function import ALIAS, Function
from components.edge.api_clients import ApiClients, ApiClientsArgs
from components.edge.api_document import api_document
from components.edge.api_logs import ACCESS_LOG_FORMAT, ApiLogs, ApiLogsArgs
from components.layer import Layer
from components.network.firewall import WebFirewall
from components.security.keys import DataClass, Keys
from components.settings import Settings

STAGE = "v1"
# Milliseconds: a function that reaches its timeout still answers before the gateway's integration timeout.
_GATEWAY_WAITS_LONGER_SECONDS = 1


@dataclass(frozen=True)
class TradingApiArgs:
    """`primary_client_keys` are the keys from the primary's export in the recovery region, None in the primary."""

    settings: Settings
    keys: Keys
    order_intake: Function
    authorizer: Function
    firewall: WebFirewall
    primary_client_keys: pulumi.Input[dict[str, str]] | None


class TradingApi(Layer):
    """A caller sends a token, which identifies the account, and an API key, which identifies the client for rate
    limits. The gateway validates each request before it invokes order intake."""

    api: aws.apigateway.RestApi
    stage: aws.apigateway.Stage
    logs: ApiLogs
    clients: ApiClients

    def __init__(self, name: str, args: TradingApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:TradingApi", name, opts)
        self._args = args
        self._settings = args.settings
        # Plain text and not outputs: the deployment's trigger must be known before resources exist.
        self.document = json.dumps(self._document(), sort_keys=True)
        self.api = aws.apigateway.RestApi(
            "trading-api",
            name=args.settings.name("api"),
            description="Enter, look up and cancel orders",
            body=self.document,
            put_rest_api_mode="overwrite",
            fail_on_warnings=True,
            endpoint_configuration=aws.apigateway.RestApiEndpointConfigurationArgs(types="REGIONAL"),
            opts=self.child,
        )
        self.stage = self._stage()
        self._limit()
        self._admit_the_gateway()
        args.firewall.protect("trading-api", self.stage.arn)
        self.clients = ApiClients(
            "api-clients",
            ApiClientsArgs(args.settings, self.api.id, self.stage.stage_name, args.primary_client_keys),
            self.child,
        )
        self.register_outputs({"url": self.stage.invoke_url, "apiId": self.api.id})

    def _document(self) -> dict[str, object]:
        args, functions = self._args, self._settings.functions
        return api_document(
            region=self._settings.region.name,
            order_intake=f"{args.order_intake.arn}:{ALIAS}",
            authorizer=f"{args.authorizer.arn}:{ALIAS}",
            timeout_seconds=functions.order_intake_timeout + _GATEWAY_WAITS_LONGER_SECONDS,
            token_cache_seconds=self._settings.api.token_cache_seconds,
        )

    def _stage(self) -> aws.apigateway.Stage:
        self.logs = ApiLogs(
            "api-logs",
            ApiLogsArgs(self._settings, self._args.keys.arn(DataClass.LOGS), self.api.id, STAGE),
            self.child,
        )
        deployment = aws.apigateway.Deployment(
            "trading-api",
            rest_api=self.api.id,
            description="Deployment of the whole document",
            triggers={"document": hashlib.sha256(self.document.encode()).hexdigest()},
            opts=self.child,
        )
        return aws.apigateway.Stage(
            "trading-api",
            rest_api=self.api.id,
            stage_name=STAGE,
            deployment=deployment.id,
            xray_tracing_enabled=True,
            access_log_settings=aws.apigateway.StageAccessLogSettingsArgs(
                destination_arn=self.logs.access.arn, format=ACCESS_LOG_FORMAT
            ),
            opts=self.after(*self.logs.ready),
        )

    def _limit(self) -> None:
        api = self._settings.api
        aws.apigateway.MethodSettings(
            "trading-api",
            rest_api=self.api.id,
            stage_name=self.stage.stage_name,
            method_path="*/*",
            settings=aws.apigateway.MethodSettingsSettingsArgs(
                metrics_enabled=True,
                # Log only errors, and never bodies, so that orders and tokens stay out of the logs.
                logging_level="ERROR",
                data_trace_enabled=False,
                throttling_rate_limit=api.api_rate_limit,
                throttling_burst_limit=api.api_burst_limit,
            ),
            opts=self.child,
        )

    def _admit_the_gateway(self) -> None:
        source = self.api.execution_arn
        self._args.order_intake.admit("api-order-intake", "apigateway", pulumi.Output.concat(source, f"/{STAGE}/*/*"))
        self._args.authorizer.admit("api-authorizer", "apigateway", pulumi.Output.concat(source, "/authorizers/*"))
