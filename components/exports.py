"""Stack outputs of the primary that the recovery stack reads. Both sides of the stack reference are defined here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import pulumi
from pydantic.alias_generators import to_camel

from components.settings import Settings, SettingsError, Sizes


@dataclass(frozen=True)
class PrimaryExports:
    """Outputs of the primary stack. Export names are the field names in camelCase."""

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
        """Return the exports by the names under which the recovery stack reads them."""
        return {to_camel(field.name): getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, primary: pulumi.StackReference) -> Self:
        """Read every export of the primary. A missing export fails the program, by `require_output`."""
        return cls(**{field.name: primary.require_output(to_camel(field.name)) for field in fields(cls)})


async def sizes_to_run(settings: Settings, primary: pulumi.StackReference) -> Sizes:
    """Return the primary's exported sizes if this stack is active, else its own.

    Awaited before anything is declared, because sizes decide how many resources there are. Raises `SettingsError` if
    the primary does not export its sizes.
    """
    if not settings.general.active:
        return settings.sizes
    exported = (await primary.get_output_details("sizes")).value
    if exported is None:
        raise SettingsError(
            [
                f"primaryStack = {settings.general.primary_stack!r}: does not export 'sizes';  "
                "bring the primary up once, or name the stack that the primary runs in"
            ]
        )
    return Sizes.model_validate(exported)


async def require_agreement(settings: Settings, primary: pulumi.StackReference) -> None:
    """Check that both stacks have the same values of settings that must agree.

    These are the consistency of orders, which decides the stack that declares the table; the Kubernetes version, so
    that workloads run in both regions; and, while the primary is up, the restored tables. Raises `SettingsError` that
    names every difference.
    """
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
