"""Cost of the policy pack: `python -m benchmarks.policy [--json]`.

- In-process: every rule on both recorded stacks.
- Growth: 250 to 10,000 resources, copied from the primary's. The cost of one resource must not grow. The slope is that
  of log(seconds) over log(resources), by least squares: 1 is linear, 2 quadratic.
- Served: calls to the SDK's own server as the engine makes them, for each resource and for the stack, with this pack
  and with a pack of as many idle policies. Most of the time is the SDK's, which converts every resource to Python
  values again for each policy.

Sizes and packs alternate round by round, so that other load on the machine affects all equally. Figures are processor
time of the fastest round. Exits with 1 if a budget is exceeded.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, Policy
from pulumi_policy import policy as sdk

from benchmarks.idle_pack.idle import idle
from benchmarks.turns import fastest
from blueprint import record_dr, record_primary
from blueprint.program import ROOT
from policy import configuration
from policy.catalogue import RULES
from policy.check import evaluate
from policy.engine import Pack

Json = dict[str, Any]
CONFIG = configuration.read(ROOT / configuration.DEFAULT)
IN_PROCESS_SECONDS = 1.0
SIZES = (250, 500, 1_000, 2_500, 5_000, 10_000)
# Cost of one resource in the largest stack, divided by that in the smallest.
GROWTH = 1.5
SLOPE = 1.1
SERVED_RATIO = 1.1
_SERVED_RESOURCES = 100
_ROUNDS = 5
_REFERENCE = re.compile(r"(\$\{[\w:/.-]+::[^#}]+)(#)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args(arguments)
    figures = measured()
    print(json.dumps(figures, indent=2) if options.json else _text(figures))
    return int(not all(figures["within"].values()))


def measured() -> Json:
    """Return every figure in seconds of processor time, and the budgets that are met."""
    primary = record_primary()
    blueprints = [primary.as_json(), record_dr(primary).as_json()]
    grown = {size: grown_to(blueprints[0], size) for size in SIZES}
    seconds = fastest(
        {
            "both": lambda: evaluate(blueprints, CONFIG),
            **{str(size): _judging(document) for size, document in grown.items()},
        },
        _ROUNDS,
    )
    served = fastest(_served(blueprints[0]["resources"][:_SERVED_RESOURCES]), _ROUNDS)
    each = {size: seconds[str(size)] / size for size in SIZES}
    growth = each[SIZES[-1]] / each[SIZES[0]]
    ratio = served["pack"] / served["nothing"]
    slope = _slope([(float(size), seconds[str(size)]) for size in SIZES])
    return {
        "rules": len(RULES),
        "resources": sum(len(document["resources"]) for document in blueprints),
        "in_process_seconds": seconds["both"],
        "seconds_by_size": {size: seconds[str(size)] for size in SIZES},
        "growth_of_one_resource": growth,
        "slope": slope,
        "served_seconds": served,
        "served_ratio": ratio,
        "within": {
            "in_process": seconds["both"] < IN_PROCESS_SECONDS,
            "growth": growth < GROWTH,
            "slope": slope <= SLOPE,
            "served": ratio <= SERVED_RATIO,
        },
    }


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent of a power law through points of size and seconds, by least squares of their logarithms."""
    return statistics.linear_regression(
        [math.log(size) for size, _ in points], [math.log(seconds) for _, seconds in points]
    ).slope


def grown_to(document: Json, size: int) -> Json:
    """Return a stack of `size` resources: the document's, and copies that refer to each other like the originals."""
    found: list[Json] = []
    generation = 0
    while len(found) < size:
        found += [_copied(entry, generation) for entry in document["resources"]]
        generation += 1
    return {**document, "resources": found[:size]}


def _copied(entry: Json, generation: int) -> Json:
    suffix = f"-{generation}"
    properties = json.loads(_REFERENCE.sub(rf"\g<1>{suffix}\g<2>", json.dumps(entry["properties"])))
    provider = entry["provider"] + suffix if entry["provider"] else None
    return {
        **entry,
        "urn": entry["urn"] + suffix,
        "name": entry["name"] + suffix,
        "provider": provider,
        "properties": properties,
    }


def _judging(document: Json) -> Callable[[], object]:
    return lambda: evaluate([document], CONFIG)


def _served(entries: list[Json]) -> dict[str, Callable[[], object]]:
    policies = Pack(RULES, ()).policies()
    requests = [_request(entry) for entry in entries if entry["custom"]]
    stack = proto.AnalyzeStackRequest(resources=[_stack_resource(entry) for entry in entries if entry["custom"]])
    return {
        "pack": _serving(policies, requests, stack),
        "nothing": _serving([idle(policy) for policy in policies], requests, stack),
    }


def _serving(policies: list[Policy], requests: list[Any], stack: Any) -> Callable[[], object]:
    # The SDK's only public way to start its server blocks.
    server = sdk._PolicyAnalyzerServicer("benchmark", "0.0.1", policies, EnforcementLevel.MANDATORY)
    server.Configure(_configuration(policies), empty_pb2.Empty())

    def serve() -> None:
        for request in requests:
            server.Analyze(request, None)
        server.AnalyzeStack(stack, None)

    return serve


def _configuration(policies: list[Policy]) -> Any:
    """Return the platform's configuration as the engine passes it: every policy with its level and parameters."""
    request = proto.ConfigureAnalyzerRequest()
    for policy in policies:
        level = policy.enforcement_level or EnforcementLevel.MANDATORY
        request.policyConfig[policy.name].enforcementLevel = getattr(proto, level.name)
        request.policyConfig[policy.name].properties.update(CONFIG.get(policy.name, {}))
    return request


def _request(entry: Json) -> Any:
    return proto.AnalyzeRequest(
        type=entry["type"],
        urn=entry["urn"],
        name=entry["name"],
        properties=_struct(entry["properties"]),
        provider=_provider(entry),
    )


def _stack_resource(entry: Json) -> Any:
    return proto.AnalyzerResource(
        type=entry["type"],
        urn=entry["urn"],
        name=entry["name"],
        properties=_struct(entry["properties"]),
        provider=_provider(entry),
    )


def _provider(entry: Json) -> Any:
    properties = _struct({"region": "us-east-1"})
    return proto.AnalyzerProviderResource(
        type="pulumi:providers:aws", urn=entry["provider"] or "", name="regional", properties=properties
    )


def _struct(values: Json) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


def _text(figures: Json) -> str:
    by_size = figures["seconds_by_size"]
    widest = max(by_size.values())
    curve = [
        f"{size:>7,} resources {seconds:7.3f} s  {1000 * seconds / size:.4f} ms each  "
        f"{'#' * round(40 * seconds / widest)}"
        for size, seconds in by_size.items()
    ]
    served = figures["served_seconds"]
    return "\n".join(
        [
            f"{figures['rules']} rules, both stacks with {figures['resources']} resources: "
            f"{figures['in_process_seconds']:.3f} s (budget {IN_PROCESS_SECONDS} s)",
            *curve,
            f"one resource among the most costs {figures['growth_of_one_resource']:.2f} x what it costs among the "
            f"fewest (budget {GROWTH} x)",
            f"slope of log(seconds) over log(resources): {figures['slope']:.3f} (budget {SLOPE})",
            f"served for {_SERVED_RESOURCES} resources: {served['pack']:.2f} s, "
            f"doing nothing {served['nothing']:.2f} s: {figures['served_ratio']:.2f} x (budget {SERVED_RATIO} x)",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
