"""EC2: instances stand in the reserved capacity that they, or their launch template, name.

- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html: a reservation that is full takes nobody;
  an instance that names none may stand in any open one.
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceCapacityReservationAttributes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response
from moto.ec2.responses.instances import InstanceResponse

from aws_emulator.additions.ec2 import RESERVATION, instances_in
from aws_emulator.corrections._patch import around, lacking
from aws_emulator.store.backend import stores

_SPECIFICATION = "CapacityReservationSpecification"
_NO_CHOICE = {"CapacityReservationPreference": "open"}


@cache
def install() -> None:
    around(Instance, "__init__", _launch)
    around(InstanceResponse, "run_instances", _run)
    lacking(EC2Response, "modify_instance_capacity_reservation_attributes", _modify)


def _launch(original: Any, instance: Any, ec2_backend: Any, *args: Any, **kwargs: Any) -> None:
    original(instance, ec2_backend, *args, **kwargs)
    _stand(instance, _of_template(ec2_backend, kwargs.get("launch_template")))


def _run(original: Any, response: InstanceResponse) -> ActionResult:
    backend = response.ec2_backend
    given = response._get_param(_SPECIFICATION)
    specification = given or _of_template(backend, response._get_param("LaunchTemplate"))
    _admit(backend, specification, response._get_int_param("MinCount") or 1)
    answer = original(response)
    if given:
        for instance in answer.result.instances:
            _stand(instance, given)
    return answer


def _modify(response: EC2Response) -> ActionResult:
    instance: Any = response.ec2_backend.get_instance(response._get_param("InstanceId"))
    specification = response._get_param(_SPECIFICATION)
    if _reservation(specification) != instance.capacity_reservation_id:
        _admit(response.ec2_backend, specification, 1)
    _stand(instance, specification)
    return ActionResult({"Return": True})


def _of_template(backend: Any, named: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (backend._get_template_from_args(named).data.get(_SPECIFICATION) or {}) if named else {}


def _reservation(specification: Mapping[str, Any]) -> str | None:
    return (specification.get("CapacityReservationTarget") or {}).get("CapacityReservationId")


def _admit(backend: Any, specification: Mapping[str, Any], count: int) -> None:
    """Raises an error of EC2 when the reservation that is named is not there, or has no room for so many."""
    identifier = _reservation(specification)
    if identifier is None:
        return
    records = stores("ec2")[backend.account_id][backend.region_name].table(RESERVATION.name)
    record = records.get((identifier,))
    if record is None or record["State"] != "active":
        raise EC2ClientError(
            "InvalidCapacityReservationId.NotFound", f"The capacity reservation ID '{identifier}' does not exist"
        )
    if instances_in(backend, identifier) + count > record["TotalInstanceCount"]:
        raise EC2ClientError(
            "ReservationCapacityExceeded",
            f"The requested reservation {identifier} does not have sufficient compatible and available capacity",
        )


def _stand(instance: Any, specification: Mapping[str, Any]) -> None:
    instance.capacity_reservation_specification = dict(specification) or dict(_NO_CHOICE)
    instance.capacity_reservation_id = _reservation(specification)
