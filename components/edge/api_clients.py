"""Clients of the Trading API: API keys and the usage plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.layer import Layer
from components.settings import PROJECT, Settings, SettingsError
from components.settings.errors import problem

# API Gateway REST API Reference, "CreateApiKey": 20 to 128 characters.
_KEY_LENGTH = 40


@dataclass(frozen=True)
class ApiClientsArgs:
    """`primary_keys` are the primary's keys by client in the recovery region, None in the primary."""

    settings: Settings
    api_id: pulumi.Input[str]
    stage_name: pulumi.Input[str]
    primary_keys: pulumi.Input[Mapping[str, Any]] | None


class ApiClients(Layer):
    """One key for each client, under one usage plan. The token authenticates a caller and the key does not. A client
    sends the same key to either region, so the recovery region imports the primary's keys."""

    keys: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: ApiClientsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:ApiClients", name, opts)
        self._args = args
        settings, api = args.settings, args.settings.api
        plan = aws.apigateway.UsagePlan(
            "clients",
            name=settings.name("clients"),
            description="Rate limits of one client",
            api_stages=[aws.apigateway.UsagePlanApiStageArgs(api_id=args.api_id, stage=args.stage_name)],
            throttle_settings=aws.apigateway.UsagePlanThrottleSettingsArgs(
                rate_limit=api.api_client_rate_limit, burst_limit=api.api_client_burst_limit
            ),
            opts=self.child,
        )
        # Both attributes return the key's value, but the provider marks only the first one as secret.
        secret = pulumi.ResourceOptions(parent=self, additional_secret_outputs=["value"])
        self.keys = self._values()
        for client, value in self.keys.items():
            key = aws.apigateway.ApiKey(
                client,
                name=settings.name("client", client),
                description=f"Requests of {client}",
                value=value,
                opts=secret,
            )
            aws.apigateway.UsagePlanKey(client, key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id, opts=secret)
        self.register_outputs({"usagePlan": plan.id})

    def _values(self) -> dict[str, pulumi.Output[str]]:
        clients = self._args.settings.api.api_clients
        if self._args.primary_keys is not None:
            given = pulumi.Output.secret(self._args.primary_keys)
            return {client: given.apply(lambda keys, client=client: _key_of(client, keys)) for client in clients}
        made_by = pulumi.ResourceOptions(parent=self, provider=random.Provider("random-keys", opts=self.child))
        return {
            client: pulumi.Output.secret(
                random.RandomPassword(f"api-key-{client}", length=_KEY_LENGTH, special=False, opts=made_by).result
            )
            for client in clients
        }


def _key_of(client: str, keys: Mapping[str, str]) -> str:
    if client not in keys:
        raise SettingsError(
            [
                problem(
                    f"{PROJECT}:apiClients",
                    client,
                    f"is not a client of the primary ({', '.join(sorted(keys))}); add it there first",
                )
            ]
        )
    return keys[client]
