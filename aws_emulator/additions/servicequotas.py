"""Service Quotas: AWS's defaults, and values that were asked for.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_Operations.html
The quotas are those of `aws_facts`; VPC's others are moto's. A request for an increase is granted at once,
also for less than the default, so that a test can lower a quota.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Pass, Service, make
from aws_emulator.store.backend import stores
from aws_facts import on_demand
from aws_facts.quotas import QUOTAS

SERVICE = Service(
    "service-quotas",
    "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_Operations.html",
)

# What a stack of the default sizes needs and an account has only once it was asked for: the in-memory AWS begins with
# the values that docs/first-day.md asks for.
CONCURRENCY = "L-B99A9384"
GRANTED = {on_demand.STANDARD[0]: 2000, "L-3032A538": 500}


def _defaults() -> dict[tuple[str, str], tuple[str, int]]:
    known = {(quota.service, quota.code): (quota.name, quota.default) for quota in QUOTAS.values()}
    families = {on_demand.STANDARD, *on_demand.FAMILIES.values()}
    known |= {("ec2", code): (name, on_demand.default_of(code)) for code, name in families}
    return known


def _quota(call: Call, service: str, code: str, value: float, name: str) -> dict[str, Any]:
    return {
        "ServiceCode": service,
        "ServiceName": service,
        "QuotaArn": call.arn("servicequotas", f"{service}/{code}"),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def _found(call: Call, *, applied: bool) -> dict[str, Any]:
    service, code = call.params["ServiceCode"], call.params["QuotaCode"]
    known = _defaults().get((service, code))
    if known is None:
        if service == "vpc":
            raise Pass
        raise AwsError("NoSuchResourceException", "The request failed because the specified service does not exist.")
    name, value = known
    if applied:
        value = value_of(call, service, code)
    return {"Quota": _quota(call, service, code, value, name)}


def value_of(call: Call, service: str, code: str) -> int:
    """The applied value of a quota in the region of a request to any service."""
    asked = stores(SERVICE.name)[call.account][call.region].table("quota").get((service, code), {})
    return int(asked.get("DesiredValue", GRANTED.get(code, _defaults()[(service, code)][1])))


@SERVICE.action("GetServiceQuota")
def _applied(call: Call) -> Any:
    return _found(call, applied=True)


@SERVICE.action("GetAWSDefaultServiceQuota")
def _default(call: Call) -> Any:
    return _found(call, applied=False)


@SERVICE.action("RequestServiceQuotaIncrease")
def _request(call: Call) -> Any:
    service, code = call.params["ServiceCode"], call.params["QuotaCode"]
    _found(call, applied=False)
    wanted = {"ServiceCode": service, "QuotaCode": code, "DesiredValue": call.params["DesiredValue"]}
    call.store.table("quota")[(service, code)] = dict(wanted)
    return {
        "RequestedQuota": {**wanted, "Id": make.uuid_id()(call, wanted), "Status": "APPROVED", "Created": make.now()}
    }


SERVICE.covers(
    "quota",
    "GetServiceQuota",
    "GetAWSDefaultServiceQuota",
    "RequestServiceQuotaIncrease",
    stored="values that were asked for, by region",
    not_emulated="the review of a request: it is granted at once",
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
