"""Access and execution logs of the Trading API."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import trust_of_service
from components.settings import Settings

# API Gateway Developer Guide, "Variables for access logging". The list has neither tokens nor bodies.
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
    """`key_arn` is the key of the class LOGS; `api` is the last part of the API's name. One API of a region also
    declares the account's role with which API Gateway writes logs for all APIs."""

    settings: Settings
    key_arn: pulumi.Input[str]
    api_id: pulumi.Input[str]
    stage: str
    api: str = "api"
    with_role: bool = True


class ApiLogs(Layer):
    """Log groups for access and execution logs. API Gateway would create the execution log group without encryption or
    retention.

    The resources in `ready` must exist before a stage can log.
    """

    access: aws.cloudwatch.LogGroup
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: ApiLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:ApiLogs", name, opts)
        self._args = args
        access_name = f"/aws/apigateway/{args.settings.name(args.api)}/access"
        self.access = self._group(f"{args.api}-access", access_name)
        # API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs": API Gateway fixes the name of the
        # group.
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
        """The role with which API Gateway writes logs: one for the account in each region."""
        settings = self._args.settings
        role = aws.iam.Role(
            "api-logs",
            name=settings.name("api-logs"),
            description="Writes the logs of API Gateway",
            # API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs": API Gateway assumes the role
            # without a source ARN, and refuses a role that it cannot assume.
            assume_role_policy=trust_of_service("apigateway.amazonaws.com", settings.general.account_id),
            opts=self.child,
        )
        writes = aws.iam.RolePolicyAttachment("api-logs", role=role.name, policy_arn=_WRITES_LOGS, opts=self.child)
        return aws.apigateway.Account("api-logs", cloudwatch_role_arn=role.arn, opts=self.after(writes))
