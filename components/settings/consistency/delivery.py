"""Checks of the settings of delivery against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems
from components.settings.delivery import PipelineSource

if TYPE_CHECKING:
    from components.settings.root import Settings

# The role-duration-seconds of `.github/workflows`, which a test compares.
GITHUB_SESSION_HOURS = 4


def a_connection_leads_to_a_repository(settings: Settings) -> Problems:
    """Without one the pipeline has nothing to take."""
    delivery = settings.delivery
    if delivery.pipeline_source is PipelineSource.CONNECTION and not delivery.connection_repository:
        yield (
            "connectionRepository",
            "",
            "is needed with pipelineSource = 'connection'; name the repository as owner/name",
        )


def what_is_of_a_connection_is_used(settings: Settings) -> Problems:
    """Who names a connection and gets a repository of CodeCommit would wait for a deployment that never comes."""
    delivery = settings.delivery
    if delivery.pipeline_source is PipelineSource.CONNECTION:
        return
    named = {
        "connectionArn": delivery.connection_arn,
        "connectionRepository": delivery.connection_repository,
    }
    for key, value in named.items():
        if value:
            yield key, value, "is not used with pipelineSource = 'codecommit'; set that to connection, or remove this"


def the_connection_is_one_that_the_pipeline_may_use(settings: Settings) -> Problems:
    """A connection belongs to an account. It may stand in another region than the pipeline (CodePipeline User Guide,
    "CodeStarSourceConnection"), but then it is lost with a region that the pipeline does not need."""
    general, arn = settings.general, settings.delivery.connection_arn
    if not arn:
        return
    region, account = arn.split(":")[3:5]
    if account != general.account_id:
        yield "connectionArn", arn, f"is of another account than accountId = {general.account_id!r}; name one of ours"
    if region != general.primary_region:
        yield (
            "connectionArn",
            arn,
            f"is in another region than the pipeline; make the connection in {general.primary_region}",
        )


def the_key_of_the_state_outlives_the_primary(settings: Settings) -> Problems:
    """State that cannot be decrypted is as good as lost."""
    arn, general = settings.delivery.state_key_arn, settings.general
    if not arn:
        return
    region, way_out = arn.split(":")[3], f"name its replica in {general.dr_region}"
    if region == general.primary_region:
        yield "stateKeyArn", arn, f"is in {region}, with which it would be lost; {way_out}"
    elif region != general.dr_region:
        yield "stateKeyArn", arn, f"is in {region}, whose keys the build that scales out may not use; {way_out}"


def a_deployment_from_github_keeps_its_session(settings: Settings) -> Problems:
    """AWS gives no session that is longer than the role allows, so that the workflow would end at its first step."""
    hours = settings.security.human_session_hours
    if settings.delivery.github_repository and hours < GITHUB_SESSION_HOURS:
        yield (
            "humanSessionHours",
            hours,
            f"is shorter than a deployment from githubRepository asks for; set {GITHUB_SESSION_HOURS} or more",
        )


CHECKS: tuple[Check, ...] = (
    a_connection_leads_to_a_repository,
    what_is_of_a_connection_is_used,
    the_connection_is_one_that_the_pipeline_may_use,
    the_key_of_the_state_outlives_the_primary,
    a_deployment_from_github_keeps_its_session,
)
