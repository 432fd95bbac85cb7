"""Who calls, and what time it is: both are known before a run looks at anything else.

STS names the caller's account. When STS does not answer, the ARN of the control table names it. When DynamoDB describes
no table, a read of that table by its ARN proves the account: a failover must not wait for what orders do not need.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import control_item, failures
from recovery.context import Context
from recovery.corrected_clock import date_of
from recovery.errors import RegionLostError, WrongAccountError

_LOG_IN = "log in to that account"


def check_account(context: Context) -> str:
    """The caller's account. Corrects the clock of the run by the answer's date.

    Raises WrongAccountError for credentials that AWS refuses, for those of another account, and where neither STS nor
    the control table answers.
    """
    expected = context.configuration.account_id
    account = _account(context, expected)
    if account != expected:
        raise WrongAccountError(
            f"account {account}: these credentials are not of the platform's account {expected}; {_LOG_IN}"
        )
    return account


def _account(context: Context, expected: str) -> str:
    region = context.control_region
    asked = context.waiter.clock()
    try:
        answer = context.clients.cut(context.clients.prompt("sts", region).get_caller_identity)
    except (BotoCoreError, ClientError, RegionLostError) as error:
        if not isinstance(error, RegionLostError) and not failures.is_silent(error):
            raise WrongAccountError(
                f"account {expected}: AWS refuses the credentials ({failures.code(error)}); {_LOG_IN}"
            ) from error
        context.announce(f"STS in {region} does not answer ({failures.code(error)}); asking the control table instead")
        return _account_of_table(context, region, error)
    _hear(context, answer, asked)
    return answer["Account"]


def _account_of_table(context: Context, region: str, unreachable: Exception) -> str:
    table = context.configuration.tables.control
    asked = context.waiter.clock()
    try:
        answer = context.control.describe_table(TableName=table)
    except (BotoCoreError, ClientError) as error:
        if failures.is_silent(error):
            if _reads_table_of(context, region, context.configuration.account_id):
                return context.configuration.account_id
            raise WrongAccountError(
                f"region {region}: neither STS ({failures.code(unreachable)}) nor DynamoDB ({failures.code(error)}) "
                "answers; check the network and the health of the region"
            ) from error
        raise WrongAccountError(
            f"table {table} in {region}: AWS refuses to describe it ({failures.code(error)}), and STS does not answer "
            f"({failures.code(unreachable)}); check the credentials and the network"
        ) from error
    _hear(context, answer, asked)
    return answer["Table"]["TableArn"].split(":")[4]


def _reads_table_of(context: Context, region: str, account: str) -> bool:
    """Whether these credentials read the control table of this account, by the ARN that has the account in it.

    DescribeTable is a call of the control plane, which may fail while items are read. GetItem takes the ARN of a table
    in the place of its name (DynamoDB API Reference, "GetItem"). Nobody has tried this on AWS.
    """
    table = context.configuration.tables.control
    arn = f"arn:{_partition(context)}:dynamodb:{region}:{account}:table/{table}"
    client = context.clients.prompt("dynamodb", region)
    asked = context.waiter.clock()
    try:
        answer = context.clients.cut(lambda: client.get_item(TableName=arn, Key=control_item.key()))
    except (BotoCoreError, ClientError, RegionLostError):
        return False
    _hear(context, answer, asked)
    context.announce(f"DynamoDB in {region} describes no table; the credentials read {arn}")
    return True


def _partition(context: Context) -> str:
    """The partition of AWS, from an ARN of the exports."""
    return context.configuration.standby.archive.split(":")[1]


def _hear(context: Context, answer: Any, asked: int) -> None:
    """Corrects the clock of the run by the date of an answer, and says so."""
    date = date_of(answer)
    if date is None:
        return
    changed = context.waiter.clock.hear(date, asked, context.waiter.clock())
    if changed:
        way = "behind" if changed > 0 else "ahead of"
        context.announce(
            f"this machine's clock is {abs(changed) / 1000:.0f} s {way} AWS's: the run uses AWS's time; synchronize it"
        )
