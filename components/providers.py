"""The regional providers: one explicit provider for each region that a stack declares in."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.settings import PROJECT, Settings

# An action that an emulator lacks answers 500, and the provider's default of 25 tries then takes many minutes; these
# take seconds. Two are too few: an answer in some thousands is lost on a busy machine, and the repeat's may be as well.
_EMULATOR_TRIES = 4
# The tag by which costs are told apart, once billing has been told to.
STACK_TAG = "Stack"


def regional_provider(
    name: str, region: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
) -> aws.Provider:
    """A provider of one region that refuses any other account and tags whatever it makes."""
    emulated = (
        {
            "s3_use_path_style": True,
            "skip_metadata_api_check": True,
            "skip_credentials_validation": True,
            "max_retries": _EMULATOR_TRIES,
        }
        if settings.general.emulator
        else {}
    )
    return aws.Provider(
        name,
        region=region,
        allowed_account_ids=[settings.general.account_id],
        default_tags=aws.ProviderDefaultTagsArgs(tags=default_tags(settings)),
        opts=opts,
        **emulated,
    )


def silent_provider(name: str, region: str) -> aws.Provider:
    """A provider that makes nothing and calls nothing, not even when it is configured: its region may be lost.

    Without an account to ask for there is none to compare with those that are allowed.
    """
    return aws.Provider(
        name,
        region=region,
        skip_credentials_validation=True,
        skip_requesting_account_id=True,
        skip_metadata_api_check=True,
    )


def default_tags(settings: Settings) -> dict[str, str]:
    """Tags of everything that a stack makes: whose it is, and which stack to change it in."""
    return {
        "Project": PROJECT,
        STACK_TAG: settings.general.role.value,
        "ManagedBy": "pulumi",
    }
