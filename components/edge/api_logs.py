"""What the Trading API writes down of each request."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import trust_of_service
from components.settings import Settings

# API Gateway Developer Guide, "Variables for access logging". Neither tokens nor bodies are among them.
_FIELDS = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "traceId": "$context.xrayTraceId",
    "time": "$context.requestTimeEpoch",
    "sourceIp": "$context.identity.sourceIp",
    "apiKeyId": "$context.identity.apiKeyId",
    "account": "$context.authorizer.principalId",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integration.latency",
    "integrationStatus": "$context.integration.integrationStatus",
    "authorizerLatency": "$context.authorizer.latency",
    "authorizerError": "$context.authorizer.error",
    "firewall": "$context.wafResponseCode",
    "error": "$context.error.responseType",
}
ACCESS_LOG_FORMAT = json.dumps(_FIELDS, separators=(",", ":"))

_WRITES_LOGS = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


@dataclass(frozen=True)
class ApiLogsArgs:
    """`key_arn` is the key of the class LOGS; `api` is the last part of the API's name. One API of a region brings the
    role along under which the gateway logs for all of them."""

    settings: Settings
    key_arn: pulumi.Input[str]
    api_id: pulumi.Input[str]
    stage: str
    api: str = "api"
    with_role: bool = True


class ApiLogs(Layer):
    """Access log and execution log. The gateway would make the latter by itself, unencrypted and without an end.

    `ready` must stand before a stage can log.
    """

    access: aws.cloudwatch.LogGroup
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: ApiLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:ApiLogs", name, opts)
        self._args = args
        access_name = f"/aws/apigateway/{args.settings.name(args.api)}/access"
        self.access = self._group(f"{args.api}-access", access_name)
        # API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs": its own name for the group.
        execution_name = pulumi.Output.concat("API-Gateway-Execution-Logs_", args.api_id, f"/{args.stage}")
        self.ready = [self._group(f"{args.api}-execution", execution_name)]
        if args.with_role and args.settings.security.account_baseline:
            self.ready.append(self._account())
        self.register_outputs({"accessLogGroup": self.access.name})

    def _group(self, name: str, physical: pulumi.Input[str]) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            name,
            name=physical,
            retention_in_days=self._args.settings.api.api_log_days,
            kms_key_id=self._args.key_arn,
            opts=self.child,
        )

    def _account(self) -> aws.apigateway.Account:
        """The role under which the gateway logs: one for the account in each region."""
        settings = self._args.settings
        role = aws.iam.Role(
            "api-logs",
            name=settings.name("api-logs"),
            description="Writes the logs of API Gateway",
            # API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs": it takes the role on behalf of no
            # resource, and refuses one that it cannot take.
            assume_role_policy=trust_of_service("apigateway.amazonaws.com", settings.general.account_id),
            opts=self.child,
        )
        writes = aws.iam.RolePolicyAttachment("api-logs", role=role.name, policy_arn=_WRITES_LOGS, opts=self.child)
        return aws.apigateway.Account("api-logs", cloudwatch_role_arn=role.arn, opts=self.after(writes))
