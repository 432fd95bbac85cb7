"""The Lambda functions of the platform: environment, permissions and sizes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.compute.comparisons import Comparisons
from components.compute.function import Background, Function, FunctionArgs, Placement
from components.compute.function_access import Access
from components.compute.schedules import Schedules, SchedulesArgs
from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.events.events import Events
from components.events.queue import Queue, QueueArgs, QueueKind
from components.layer import Layer
from components.security.keys import DataClass, Keys
from components.security.policies import Statement
from components.settings import Settings

# The longest timeout that Lambda allows (AWS Lambda Developer Guide, "Lambda quotas").
_LONGEST_SECONDS = 900
# Seconds: each run ends before the next one starts.
_BETWEEN_RUNS_SECONDS = 5
# MB, equal to one whole processor. One page is enough memory for checksums and batches of messages.
_BACKGROUND_MEMORY_MB = 1769
# MB. Verification of a signature takes a fraction of a millisecond on a whole processor, and one order a minute waits
# for it.
_AUTHORIZER_MEMORY_MB = 1024
_AUTHORIZER_TIMEOUT_SECONDS = 3


@dataclass(frozen=True)
class FunctionsArgs:
    """`subnet_ids` and `security_group_id` are those of functions in the app tier."""

    settings: Settings
    keys: Keys
    tables: Tables
    events: Events
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]


class Functions(Layer):
    """Order intake with its authorizer, the redrive of failed trades, and the comparison of both regions.

    All functions exist in both regions at one size, so that a failover creates none of the functions that accept
    orders. The authorizer and order intake are invoked synchronously, so no queue or stream feeds them. The other two
    run on a schedule, because each run looks at all items.
    """

    authorizer: Function
    order_intake: Function
    redrive: Function
    integrity: Function

    def __init__(self, name: str, args: FunctionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("compute:Functions", name, opts)
        self._args = args
        self._settings = args.settings
        self._access = Access(args.settings, args.keys, args.tables, args.events)
        self._placement = Placement(args.subnet_ids, args.security_group_id)
        self.failed = Queue(
            "failed-invocations",
            QueueArgs(args.settings, args.keys.arn(DataClass.STREAMS), QueueKind.STANDARD_WITHOUT_DLQ),
            self.child,
        )
        self.authorizer = self._authorizer()
        self.order_intake = self._order_intake()
        self.redrive = self._redrive()
        self.integrity = self._integrity()
        self.schedules = Schedules(
            "function-schedules",
            SchedulesArgs(args.settings, args.keys, self.redrive, self.integrity, self.failed),
            self.child,
        )
        self.register_outputs({"orderIntake": self.order_intake.alias.arn, "redrive": self.redrive.alias.arn})

    def _authorizer(self) -> Function:
        api = self._settings.api
        return self._function(
            "authorizer",
            "authorizer",
            "Verifies the tokens of callers of the Trading API",
            environment={
                "TOKEN_KEYS": "\n".join(api.token_keys),
                "TOKEN_ISSUER": api.token_issuer,
                "TOKEN_AUDIENCE": api.token_audience,
                "ACCOUNT_CLAIM": api.token_account_claim,
            },
            statements=[],
            timeout=_AUTHORIZER_TIMEOUT_SECONDS,
            memory=_AUTHORIZER_MEMORY_MB,
            concurrency=self._settings.functions.authorizer_concurrency,
            # In the VPC, where it can reach only endpoints: the authorizer makes no call.
            placement=self._placement,
        )

    def _order_intake(self) -> Function:
        functions, tables = self._settings.functions, self._args.tables
        return self._function(
            "order-intake",
            "order_intake",
            "Takes orders for the one region that holds the lease",
            environment={
                **self._orders_environment(),
                "POSITIONS_TABLE": tables.name(TableName.POSITIONS),
                "ACCOUNT_CLAIM": self._settings.api.token_account_claim,
                # The primary has its engines, whatever its epoch.
                "IMMEDIATE_NEEDS_ENGINE": json.dumps(
                    self._settings.recovery.immediate_orders_need_engine and not self._settings.is_primary
                ),
            },
            statements=self._access.order_intake(),
            timeout=functions.order_intake_timeout,
            memory=functions.order_intake_memory,
            concurrency=functions.order_intake_concurrency,
            placement=self._placement,
        )

    def _redrive(self) -> Function:
        functions, queues = self._settings.functions, self._args.events.queues
        interval = functions.redrive_interval_minutes * 60
        routes = [
            {
                "dead_letters": queue.dlq.url,
                "source": queue.queue.url,
                "quarantine": queues.quarantine_of(queue).queue.url,
            }
            for queue in queues.redrivable
            if queue.dlq
        ]
        return self._function(
            "redrive",
            "redrive",
            "Moves failed trades back to where they failed, and publishes the outbox",
            environment={
                **self._orders_environment(),
                "ROUTES": pulumi.Output.json_dumps(routes, separators=(",", ":")),
                "MAX_TRIES": str(functions.redrive_max_tries),
                "RATE_PER_SECOND": str(functions.redrive_rate),
                "SETTLE_SECONDS": str(functions.redrive_settle_seconds),
                "HOLD_SECONDS": str(60 * functions.redrive_hold_minutes),
                # The stream is sized for this rate plus headroom (`streamTargetUtilisation`).
                "OUTBOX_PER_SECOND": str(self._settings.streams.order_peak_rate),
            },
            statements=self._access.redrive(),
            timeout=min(interval - _BETWEEN_RUNS_SECONDS, _LONGEST_SECONDS),
            memory=_BACKGROUND_MEMORY_MB,
            concurrency=1,
            placement=self._placement,
            # The next run processes the items that a failed run left.
            background=Background(retries=0, max_age=max(interval, 60)),
        )

    def _integrity(self) -> Function:
        compared = Comparisons(self._settings, self._args.tables)
        return self._function(
            "integrity",
            "integrity",
            "Compares by checksum what both regions hold",
            environment=compared.environment(),
            statements=self._access.integrity(compared.tables, compared.buckets, compared.report_bucket),
            timeout=_LONGEST_SECONDS,
            memory=_BACKGROUND_MEMORY_MB,
            concurrency=1,
            # Outside the VPC: gateway endpoints reach only this region's tables and buckets, and the check reads both
            # regions.
            placement=None,
            background=Background(retries=1, max_age=3600),
        )

    def _orders_environment(self) -> dict[str, pulumi.Input[str]]:
        functions, tables = self._settings.functions, self._args.tables
        return {
            "CONTROL_TABLE": tables.name(TableName.CONTROL),
            "ORDERS_TABLE": tables.name(TableName.ORDERS),
            "ORDER_STREAM": self._args.events.streams.orders.name,
            "LEASE_SECONDS": _seconds(functions.lease_milliseconds),
            "MARGIN_SECONDS": _seconds(functions.lease_margin_milliseconds),
            "WRITE_TIMEOUT_SECONDS": _seconds(functions.write_timeout_milliseconds),
            "RECHECK_SECONDS": _seconds(functions.lease_recheck_milliseconds),
        }

    def _function(
        self,
        name: str,
        package: str,
        description: str,
        *,
        environment: dict[str, pulumi.Input[str]],
        statements: list[Statement],
        timeout: int,
        memory: int,
        concurrency: int,
        placement: Placement | None,
        background: Background | None = None,
    ) -> Function:
        args = FunctionArgs(
            settings=self._settings,
            keys=self._args.keys,
            package=package,
            description=description,
            environment=environment,
            statements=statements,
            timeout=timeout,
            memory=memory,
            concurrency=concurrency,
            failed=self.failed,
            placement=placement,
            background=background,
        )
        return Function(name, args, self.child)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g}"
