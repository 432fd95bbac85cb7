"""What the primary tells the recovery region: the one place where both sides of the stack reference are named."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import pulumi
from pydantic.alias_generators import to_camel

from components.settings import Settings, SettingsError, Sizes


@dataclass(frozen=True)
class PrimaryExports:
    """Outputs of the primary stack, by field; as exports their names are in camelCase."""

    sizes: pulumi.Input[Any]
    region: pulumi.Input[str]
    key_arns: pulumi.Input[Any]
    network: pulumi.Input[Any]
    kubernetes_version: pulumi.Input[str]
    orders_consistency: pulumi.Input[str]
    restored_at: pulumi.Input[str]
    table_arns: pulumi.Input[Any]
    records_buckets: pulumi.Input[Any]
    database_arn: pulumi.Input[str]
    file_system_id: pulumi.Input[str]
    backup_vault_name: pulumi.Input[str]
    api_keys: pulumi.Input[Any]
    api_host: pulumi.Input[str]
    api_health_host: pulumi.Input[str]
    dns_zone_id: pulumi.Input[str]

    def outputs(self) -> dict[str, Any]:
        """The exports by the names under which the recovery stack finds them."""
        return {to_camel(field.name): getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, primary: pulumi.StackReference) -> Self:
        """Every export of the primary. A missing one fails the program: `require_output`, never `get_output`."""
        return cls(**{field.name: primary.require_output(to_camel(field.name)) for field in fields(cls)})


async def sizes_to_run(settings: Settings, primary: pulumi.StackReference) -> Sizes:
    """The primary's sizes for a stack that has taken over, its own otherwise.

    Awaited before anything is declared, since sizes decide how many resources there are. Raises
    `SettingsError` when the primary has not exported its sizes.
    """
    if not settings.general.active:
        return settings.sizes
    exported = (await primary.get_output_details("sizes")).value
    if exported is None:
        raise SettingsError(
            [
                f"primaryStack = {settings.general.primary_stack!r}: exports no 'sizes' to take over; "
                "bring the primary up once, or name the stack that the primary runs in"
            ]
        )
    return Sizes.model_validate(exported)


async def require_agreement(settings: Settings, primary: pulumi.StackReference) -> None:
    """What both stacks must say alike: which of them declares the orders, and the version of Kubernetes, lest what ran
    in one region should not run in the other; and which tables serve, as long as the primary does. Raises
    `SettingsError` naming every difference."""
    ours = {
        "ordersConsistency": settings.data.orders_consistency.value,
        "kubernetesVersion": settings.kubernetes.kubernetes_version,
    }
    if not settings.general.active:
        ours["restoredAt"] = settings.data.restored_at
    problems = []
    for key, value in ours.items():
        exported = (await primary.get_output_details(key)).value
        if exported != value:
            problems.append(
                f"{key} = {value!r}: the primary runs with {exported!r}; set the same in both stack files, and bring "
                "the primary up first"
            )
    if problems:
        raise SettingsError(problems)
