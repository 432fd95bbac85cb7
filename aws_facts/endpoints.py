"""Names of the services of AWS that a VPC endpoint can be for."""

from __future__ import annotations

import re
from functools import cache

from botocore.loaders import Loader

_NAME = re.compile(r"(?:com\.amazonaws|aws\.api)\.(?P<region>[a-z]{2}-[a-z-]+-\d)\.(?P<service>[a-z0-9.-]+)")
# AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink": names that are not the prefix of the
# service's own endpoint, which botocore keeps.
_NAMES_OF_THEIR_OWN = frozenset(
    """
    access-analyzer acm-pca aps aps-workspaces application-autoscaling appmesh-envoy-management apprunner
    backup-gateway bedrock-agent bedrock-agent-runtime bedrock-runtime codeartifact.api codeartifact.repositories
    codebuild codecommit codeconnections.api codedeploy-commands-secure codepipeline codestar-connections.api
    config data-servicediscovery ebs ec2messages ecr.api ecr.dkr ecs-agent ecs-telemetry eks-auth elasticfilesystem
    elasticmapreduce execute-api git-codecommit guardduty-data inspector2 kinesis-firehose kinesis-streams
    lambda network-firewall pcs pipes pipes-data rds-data redshift-data s3 s3-outposts s3express s3tables scheduler
    securityhub servicediscovery signin ssm-contacts ssm-incidents ssmmessages states sync-states synthetics
    sagemaker.api sagemaker.runtime textract transfer.server workspaces xray
    """.split()
)


@cache
def _prefixes() -> frozenset[str]:
    services = {
        name for partition in Loader().load_data("endpoints")["partitions"] for name in partition["services"]
    }
    # `api.ecr` is the endpoint's prefix, and `ecr.api` the name of the endpoint service.
    return frozenset(services | {".".join(reversed(name.split("."))) for name in services})


def is_known(service_name: str, region: str) -> bool:
    """Whether a name that begins as AWS's own services' do is one of a service, in the region of the request.

    A customer's service (`com.amazonaws.vpce.REGION.vpce-svc-...`) is known in its region.
    """
    match = _NAME.fullmatch(service_name)
    if match is None:
        return service_name.startswith("com.amazonaws.vpce.") and f".{region}." in service_name
    name = match["service"].removesuffix("-fips")
    return match["region"] == region and (name in _NAMES_OF_THEIR_OWN or name in _prefixes())
