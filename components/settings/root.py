"""All sections together, and how they are read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from components.settings.api import ApiSettings
from components.settings.compute import ComputeSettings
from components.settings.consistency import inconsistencies
from components.settings.data import DataSettings
from components.settings.delivery import DeliverySettings
from components.settings.errors import SettingsError, printable, problem, reason, shown
from components.settings.functions import FunctionSettings
from components.settings.kubernetes import KubernetesSettings
from components.settings.latency import LatencySettings
from components.settings.market import MarketSettings
from components.settings.names import AccountId, NamePrefix, StackName
from components.settings.network import NetworkSettings
from components.settings.observability import ObservabilitySettings
from components.settings.placeholders import placeholders
from components.settings.recovery import RecoverySettings
from components.settings.regions import REGIONS, Region
from components.settings.section import Section
from components.settings.security import SecuritySettings
from components.settings.sizes import Sizes
from components.settings.streams import StreamSettings
from recovery.redaction import HIDDEN, says_secret

PROJECT = "trading-platform"
# The engine types only keys of the project's own namespace; `trading:` is the short form people write.
SHORT_NAMESPACE = "trading"
NAMESPACES = (PROJECT, SHORT_NAMESPACE)


class Role(StrEnum):
    """Which of the two regions a stack is."""

    PRIMARY = "primary"
    DR = "dr"


class GeneralSettings(Section):
    """Who this stack is, and where."""

    role: Role = Field(Role.PRIMARY, description="primary, or dr for the recovery region.")
    active: bool = Field(
        False,
        description="Recovery region only: it has taken over, at the primary's sizes, and needs the primary no more.",
    )
    region: str = Field("us-east-1", description="Region of this stack.")
    primary_region: str = Field("us-east-1", description="Region of the primary.")
    dr_region: str = Field("us-west-2", description="Region of recovery.")
    witness_region: str = Field(
        "us-east-2", description="Third region of the control table: it votes, and serves nothing."
    )
    account_id: AccountId = Field("123456789012", description="The only account that the platform may be declared in.")
    name_prefix: NamePrefix = Field("trading", description="First part of every name.")
    primary_stack: StackName = Field(
        "organization/trading-platform/primary",
        description="Recovery region only: the primary's stack as organization/project/stack.",
    )
    bootstrap: bool = Field(
        False,
        description="First update of a region, before its images exist and from outside its VPC: no trading services "
        "and nothing in the Kubernetes cluster; false from the second update on.",
    )
    sandbox: bool = Field(
        False,
        description="A trial that can be removed: Object Lock in governance mode for a day, a vault lock that an "
        "administrator lifts, no deletion protection, no final snapshot. Not for records that a rule asks for: the "
        "policy pack refuses it unless policy-config.sandbox.json configures it.",
    )
    emulator: bool = Field(
        False,
        description="The provider talks to an in-memory AWS named by AWS_ENDPOINT_URL: path-style buckets, few tries.",
    )
    example_values: bool = Field(
        False,
        description="Whether an update may keep values of documentation, such as example domains and addresses: for an "
        "account in which nobody reaches them. A preview names them, and an update refuses them.",
    )

    @field_validator("region", "primary_region", "dr_region", "witness_region")
    @classmethod
    def _known_region(cls, name: str) -> str:
        if name not in REGIONS:
            raise ValueError(f"is not a region that the control table can stand in; choose one of {', '.join(REGIONS)}")
        return name

    @property
    def registry_host(self) -> str:
        """The account's private registry in this stack's region (Amazon ECR User Guide, "Amazon ECR private
        registries")."""
        return f"{self.account_id}.dkr.ecr.{self.region}.amazonaws.com"


class Settings(BaseModel):
    """The whole of one stack's settings, frozen. `general`, `network`, ... are its sections."""

    model_config = {"frozen": True}

    general: GeneralSettings
    api: ApiSettings
    network: NetworkSettings
    data: DataSettings
    compute: ComputeSettings
    delivery: DeliverySettings
    latency: LatencySettings
    functions: FunctionSettings
    kubernetes: KubernetesSettings
    market: MarketSettings
    observability: ObservabilitySettings
    recovery: RecoverySettings
    security: SecuritySettings
    streams: StreamSettings
    sizes: Sizes

    @classmethod
    def sections(cls) -> dict[str, type[Section]]:
        """Section classes by attribute name, in the order in which the schema lists them."""
        return {name: field.annotation for name, field in cls.model_fields.items()}  # type: ignore[misc]

    @classmethod
    def from_config(cls) -> Settings:
        """The settings of the running program. Raises `SettingsError` naming every bad key, and in an update every key
        with a value of documentation; a preview warns of these."""
        settings = cls.parse(_configured())
        found = settings.placeholders()
        if found and not pulumi.runtime.is_dry_run() and not settings.general.active:
            raise SettingsError(found)
        for line in found:
            pulumi.log.warn(line)
        return settings

    def placeholders(self) -> list[str]:
        """A line for each setting with a value of documentation that an update on AWS cannot use; none where
        `emulator` or `exampleValues` allows them.

        An update of a region that has taken over warns of them only: nothing may stand in the way of a takeover.
        """
        if self.general.emulator or self.general.example_values:
            return []
        return [problem(f"{PROJECT}:{key}", value, why) for key, value, why in placeholders(self)]

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Settings:
        """Settings from flat camelCase keys without namespace. Raises `SettingsError` naming every bad key."""
        problems = _unknown(cls, values)
        parts: dict[str, Section] = {}
        for name, section in cls.sections().items():
            keys = {to_camel(field) for field in section.model_fields}
            try:
                parts[name] = section.model_validate({k: v for k, v in values.items() if k in keys})
            except ValidationError as error:
                problems += _explained(section, error)
        if not problems:
            settings = cls.model_construct(None, **parts)
            problems = [problem(f"{PROJECT}:{key}", value, why) for key, value, why in inconsistencies(settings)]
            if not problems:
                return settings
        raise SettingsError(problems)

    def with_sizes(self, sizes: Sizes) -> Settings:
        """The same settings at other sizes: what a recovery region declares once it has taken over."""
        return self.model_copy(update={"sizes": sizes})

    @property
    def region(self) -> Region:
        """This stack's region."""
        return REGIONS[self.general.region]

    @property
    def is_primary(self) -> bool:
        """Whether this stack is the primary region."""
        return self.general.role is Role.PRIMARY

    @property
    def reaches_primary(self) -> bool:
        """Whether this stack may declare what lives in, or calls, the primary's region."""
        return self.general.role is Role.DR and not self.general.active

    def name(self, *parts: str) -> str:
        """A physical name of this stack: `trading-primary-orders`."""
        return self.name_in(self.general.role, *parts)

    def name_in(self, role: Role, *parts: str) -> str:
        """The name of the same thing in the stack of that role, which need not be asked for it."""
        return "-".join((self.general.name_prefix, role.value, *parts))

    def shared_name(self, *parts: str) -> str:
        """A physical name that both regions share, such as that of a global table: `trading-orders`."""
        return "-".join((self.general.name_prefix, *parts))


def _configured() -> dict[str, Any]:
    """Every configured key of the project without its namespace; the short namespace stands over the long.

    The engine puts a schema default into the long namespace where a stack file is silent, so a key that
    differs there from its default was written by a person, and writing it twice is refused.
    """
    config = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    by_namespace: dict[str, dict[str, Any]] = {namespace: {} for namespace in NAMESPACES}
    for key, value in config.items():
        namespace, _, name = key.partition(":")
        if namespace in by_namespace:
            by_namespace[namespace][name] = value
    long, short = by_namespace[PROJECT], by_namespace[SHORT_NAMESPACE]
    written_twice = [
        problem(
            f"{PROJECT}:{key}",
            long[key],
            f"is also set as {SHORT_NAMESPACE}:{key} = {shown(key, short[key])}; remove one",
        )
        for key in short
        if key in long and long[key] != short[key] and not _is_default(key, long[key])
    ]
    if written_twice:
        raise SettingsError(written_twice)
    return {**long, **short}


def _is_default(key: str, value: Any) -> bool:
    for section in Settings.sections().values():
        for name in section.model_fields:
            if to_camel(name) == key:
                parsed = section.model_construct()
                try:
                    given = section.model_validate({key: value})
                except ValidationError:
                    return False
                return getattr(given, name) == getattr(parsed, name)
    return False


def _unknown(settings: type[Settings], values: Mapping[str, Any]) -> list[str]:
    known = {to_camel(field) for section in settings.sections().values() for field in section.model_fields}
    problems = []
    for key, value in values.items():
        if key not in known:
            namespace, _, name = key.rpartition(":")
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "Pulumi.yaml lists the settings"
            if namespace in NAMESPACES and name in known:
                hint = f"leave the namespace off and write {name}"
            # Nobody knows what the value of an unknown key is: its name decides whether it may be seen.
            value = HIDDEN if says_secret(key) else value
            problems.append(problem(f"{PROJECT}:{printable(key)}", value, f"is not a setting; {hint}"))
    return problems


def _explained(section: type[Section], error: ValidationError) -> list[str]:
    errors = error.errors()
    # Pydantic counts the good items of a list: of one that has a bad item alone it also says that it is too short.
    with_bad_items = {item["loc"][0] for item in errors if len(item["loc"]) > 1}
    return [
        problem(f"{PROJECT}:{item['loc'][0] if item['loc'] else section.__name__}", item["input"], reason(dict(item)))
        for item in errors
        if not (item["type"] == "too_short" and item["loc"][0] in with_bad_items)
    ]
