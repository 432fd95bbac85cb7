"""AWS providers: one explicit provider for each region in which a stack declares resources."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.settings import PROJECT, Settings

# Lower than the provider's default of 25. An emulator answers 500 to an action that it lacks, and 25 attempts take
# minutes. Two attempts are too few: on a busy machine about one in some thousands of answers is lost, and the retry may
# be as well.
_EMULATOR_TRIES = 4
# Cost allocation tag; it must be activated once in the billing console.
STACK_TAG = "Stack"


def regional_provider(
    name: str, region: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
) -> aws.Provider:
    """Create a provider of one region that refuses any other account and sets the default tags."""
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
    """Create a provider that makes no calls, including at its configuration, because its region may be lost.

    It skips the lookup of the account, so it cannot compare the account with the allowed ones.
    """
    return aws.Provider(
        name,
        region=region,
        skip_credentials_validation=True,
        skip_requesting_account_id=True,
        skip_metadata_api_check=True,
    )


def default_tags(settings: Settings) -> dict[str, str]:
    """Default tags of all resources of a stack: owner, and the stack that declares the resource."""
    return {
        "Project": PROJECT,
        STACK_TAG: settings.general.role.value,
        "ManagedBy": "pulumi",
    }
