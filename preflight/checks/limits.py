"""Limits that a service tells by a call of its own: Lambda, Kinesis, RDS, IAM."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account import Account
from preflight.declared import Declared, number
from preflight.model import Answer, Question, ok, stops

# Kinesis Data Streams Developer Guide, "Quotas and limits": the least default of any region.
_DEFAULT_SHARDS = 1000
# Lambda Developer Guide, "Configuring reserved concurrency": Lambda keeps 100 for functions without a reservation.
_LAMBDA_UNRESERVED = 100


class Limits:
    """Reads reserved concurrency, shards, databases and roles; calls lambda:GetAccountSettings,
    kinesis:DescribeLimits, rds:DescribeAccountAttributes and iam:GetAccountSummary; stops where a limit is exceeded."""

    name = "limit"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for region in declared.regions:
            yield from _concurrency(declared, region)
            yield from _shards(declared, region)
            yield from _databases(declared, region)
        yield from _identities(declared)


def _concurrency(declared: Declared, region: str) -> Iterator[Question]:
    functions = declared.of_type(region, "aws:lambda/function:Function")
    reserved = {
        str(function.properties["name"]): number(function.properties.get("reservedConcurrentExecutions"))
        for function in functions
        if number(function.properties.get("reservedConcurrentExecutions"), -1) >= 0
    }
    if not reserved:
        return
    total = sum(reserved.values())
    needed = total + _LAMBDA_UNRESERVED

    def ask(account: Account) -> Answer:
        limit = account.call("lambda", region, "get_account_settings")["AccountLimit"]
        others = limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"] - _own(account)
        found = f"limit {limit['ConcurrentExecutions']}" + (f", {others} reserved by others" if others else "")
        if others + needed <= limit["ConcurrentExecutions"]:
            return ok(found)
        return stops(
            found,
            f"aws service-quotas request-service-quota-increase --region {region} --service-code lambda "
            f"--quota-code L-B99A9384 --desired-value {others + needed}; or lower orderIntakeConcurrency",
        )

    def _own(account: Account) -> int:
        """What the stack's own functions reserve already, when it is up."""
        found = account.pages("lambda", region, "list_functions", "Functions")
        names = {function["FunctionName"] for function in found}
        return sum(count for name, count in reserved.items() if name in names)

    yield Question(
        Limits.name,
        "Lambda concurrent executions",
        region,
        f"{needed} ({total} reserved, {_LAMBDA_UNRESERVED} left to functions without a reservation)",
        ask,
        f"request lambda L-B99A9384 of at least {needed} in {region}: a new account has 10, others 1,000",
    )


def _shards(declared: Declared, region: str) -> Iterator[Question]:
    streams = declared.of_type(region, "aws:kinesis/stream:Stream")
    shards = {str(s.properties["name"]): number(s.properties.get("shardCount")) for s in streams}
    needed = sum(shards.values())
    if not needed:
        return

    def ask(account: Account) -> Answer:
        limits = account.call("kinesis", region, "describe_limits")
        names = set(account.pages("kinesis", region, "list_streams", "StreamNames"))
        others = max(0, limits["OpenShardCount"] - sum(count for name, count in shards.items() if name in names))
        found = f"limit {limits['ShardLimit']}" + (f", {others} open in other streams" if others else "")
        if others + needed <= limits["ShardLimit"]:
            return ok(found)
        return stops(found, f"request a shard limit of {others + needed} for Kinesis Data Streams in {region}")

    request = f"request a shard limit of at least {needed} in {region}" if needed > _DEFAULT_SHARDS else ""
    yield Question(Limits.name, "Kinesis shards", region, str(needed), ask, request)


def _databases(declared: Declared, region: str) -> Iterator[Question]:
    databases = declared.of_type(region, "aws:rds/instance:Instance")
    own = {str(database.properties["identifier"]) for database in databases}
    if not databases:
        return

    def ask(account: Account) -> Answer:
        quotas = account.call("rds", region, "describe_account_attributes")["AccountQuotas"]
        (instances,) = [quota for quota in quotas if quota["AccountQuotaName"] == "DBInstances"]
        present = account.pages("rds", region, "describe_db_instances", "DBInstances")
        others = instances["Used"] - sum(database["DBInstanceIdentifier"] in own for database in present)
        found = f"limit {instances['Max']}, {others} used by others"
        if others + len(databases) <= instances["Max"]:
            return ok(found)
        return stops(
            found,
            f"aws service-quotas request-service-quota-increase --region {region} --service-code rds "
            f"--quota-code L-7B6409FD --desired-value {others + len(databases)}",
        )

    yield Question(Limits.name, "RDS instances", region, str(len(databases)), ask)


def _identities(declared: Declared) -> Iterator[Question]:
    """IAM is global: one question for the stack."""
    for type_, operation, items, quota, subject in _IDENTITIES:
        names = {str(resource.properties.get("name")) for resource in declared.of_type(None, type_)}

        def ask(
            account: Account,
            operation: str = operation,
            items: str = items,
            quota: str = quota,
            names: set[str] = names,
        ) -> Answer:
            summary = account.call("iam", declared.region, "get_account_summary")["SummaryMap"]
            scope = {"Scope": "Local"} if items == "Policies" else {}
            present = account.pages("iam", declared.region, operation, items, **scope)
            others = summary[items] - sum(_name(item) in names for item in present)
            found = f"quota {summary[quota]}, {others} used by others"
            if others + len(names) <= summary[quota]:
                return ok(found)
            return stops(found, f"request a quota of {others + len(names)}, or delete what is unused")

        if names:
            yield Question(Limits.name, subject, "global", str(len(names)), ask)


def _name(item: dict[str, str]) -> str:
    return item.get("RoleName") or item.get("PolicyName") or item["InstanceProfileName"]


_IDENTITIES = (
    ("aws:iam/role:Role", "list_roles", "Roles", "RolesQuota", "IAM roles"),
    ("aws:iam/policy:Policy", "list_policies", "Policies", "PoliciesQuota", "IAM managed policies"),
    (
        "aws:iam/instanceProfile:InstanceProfile",
        "list_instance_profiles",
        "InstanceProfiles",
        "InstanceProfilesQuota",
        "IAM instance profiles",
    ),
)
