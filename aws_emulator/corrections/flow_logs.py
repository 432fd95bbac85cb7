"""EC2: flow logs go into a folder of a bucket, and keep how their files are written.

- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html: a destination is
  `bucket_ARN/subfolder_name/`.
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DestinationOptionsRequest.html is given and answered.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import FlowLogAlreadyExists
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ec2.responses.flow_logs import FlowLogs

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(FlowLogsBackend, "create_flow_logs", _into_a_folder)
    around(FlowLogs, "create_flow_logs", _keep_options)


def _into_a_folder(original: Any, backend: FlowLogsBackend, **given: Any) -> Any:
    destination = given["log_destination"]
    if given["log_destination_type"] != "s3" or "/" not in destination:
        return original(backend, **given)
    if any(
        log.resource_id in given["resource_ids"] and log.log_destination == destination
        for log in backend.describe_flow_logs()
    ):
        raise FlowLogAlreadyExists()
    made, refused = original(backend, **{**given, "log_destination": destination.partition("/")[0]})
    for log in made:
        log.log_destination = destination
    return made, refused


def _keep_options(original: Any, response: FlowLogs) -> ActionResult:
    answer = original(response)
    given = response._get_param("DestinationOptions")
    if given:
        for log in response.ec2_backend.describe_flow_logs(answer.result["FlowLogIds"]):
            log.destination_options = given
    return answer
