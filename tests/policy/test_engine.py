"""The rules as CrossGuard policies: what the engine hands over, and what it is told."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _NotApplicableError
from pulumi_policy.proxy import unknown_checking_proxy

from policy import configuration
from policy import tokens as t
from policy.catalogue import BY_ID, RULES
from policy.configuration import EXEMPTIONS, EXPIRED, NOT_EVALUATED, RULE_ERRORS
from policy.engine import Pack, plain
from policy.errors import PolicyInputError
from policy.exemptions import exemptions
from policy.rule import Scope
from policy.values import UNKNOWN_TEXT, references_in
from tests.policy.cases import CASES
from tests.policy.changes import changed
from tests.policy.judging import EXEMPTED, configured

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
COMPUTED = ("id", "arn", "url", "policy", "redrivePolicy", "inlinePolicies")


def _preview(value: Any) -> Any:
    """The value as the engine hands it over while the resources that it refers to are still to be created."""
    if isinstance(value, str):
        return UNKNOWN_TEXT if any(True for _ in references_in(value)) else value
    if isinstance(value, dict):
        return {key: _preview(item) for key, item in value.items()}
    return [_preview(item) for item in value] if isinstance(value, list) else value


class Engine:
    """Calls the policies of a pack as the engine does: each for every resource, then each for the stack."""

    def __init__(self, policies: list[Policy], config: dict[str, Json] | None = None) -> None:
        self.policies = policies
        self.config = config or {}
        self.said: list[tuple[str, str, str]] = []

    def run(self, blueprint: Json) -> list[tuple[str, str, str]]:
        """What the pack reports in a preview that creates everything: policy, name of the resource, message."""
        entries = [entry for entry in blueprint["resources"] if not entry["type"].startswith("pulumi:")]
        providers = {e["urn"]: e for e in blueprint["resources"] if e["type"].startswith("pulumi:providers")}
        for entry in entries:
            self._resource(entry, providers)
        self._stack(entries, providers, blueprint)
        return self.said

    def _report(self, policy: Policy, urn: str) -> Any:
        return lambda message, at=None: self.said.append((policy.name, (at or urn).split("::")[-1], message))

    def _resource(self, entry: Json, providers: dict[str, Json]) -> None:
        props: Any = unknown_checking_proxy(_preview(entry["properties"]))
        options, provider = _options(entry), _provider(entry, providers)
        for policy in self.policies:
            if isinstance(policy, ResourceValidationPolicy):
                config = self.config.get(policy.name)
                args = ResourceValidationArgs(
                    entry["type"], props, entry["urn"], entry["name"], options, provider, config, {}
                )
                with suppress(_NotApplicableError):
                    policy.validate(args, self._report(policy, entry["urn"]))

    def _stack(self, entries: list[Json], providers: dict[str, Json], blueprint: Json) -> None:
        resources = _resources(entries, providers, blueprint)
        for policy in self.policies:
            if isinstance(policy, StackValidationPolicy):
                args = StackValidationArgs(resources, self.config.get(policy.name))
                with suppress(_NotApplicableError):
                    policy.validate(args, self._report(policy, ""))


def _resources(entries: list[Json], providers: dict[str, Json], blueprint: Json) -> list[PolicyResource]:
    """Outputs, in which what the cloud computes is unknown as well."""
    made = {}
    for entry in entries:
        outputs = {**dict.fromkeys(COMPUTED, UNKNOWN_TEXT), **_preview(entry["properties"])}
        props: Any = unknown_checking_proxy(outputs)
        provider = _provider(entry, providers)
        made[entry["type"], entry["name"]] = PolicyResource(
            entry["type"], props, entry["urn"], entry["name"], _options(entry), provider, None, [], {}
        )
    for entry in entries:
        for key, value in entry["properties"].items():
            on = [made[r.type, r.name] for r in references_in(value) if (r.type, r.name) in made]
            made[entry["type"], entry["name"]].property_dependencies[key] = on
    urn = f"urn:pulumi:{blueprint['stack']}::made-up::{t.STACK}::made-up"
    outputs: Any = unknown_checking_proxy(_preview(blueprint["outputs"]))
    stack = PolicyResource(t.STACK, outputs, urn, "made-up", _options({"options": {}}), None, None, [], {})
    return [stack, *made.values()]


def _options(entry: Json) -> PolicyResourceOptions:
    timeouts = PolicyCustomTimeouts(0, 0, 0)
    return PolicyResourceOptions(bool(entry["options"].get("protect")), [], None, [], timeouts, [])


def _provider(entry: Json, providers: dict[str, Json]) -> PolicyProviderResource | None:
    provider = providers.get(entry["provider"])
    if provider is None:
        return None
    props: Any = unknown_checking_proxy(provider["properties"])
    return PolicyProviderResource(provider["type"], props, provider["urn"], provider["name"])


def _run(blueprint: Json, config: dict[str, Json] | None = None, exempt: Any = ()) -> list[tuple[str, str, str]]:
    return Engine(Pack(RULES, exemptions(exempt, BY_ID)).policies(), configured(config)).run(blueprint)


def test_every_rule_is_a_policy_of_its_severity() -> None:
    policies = {policy.name: policy for policy in Pack(RULES, ()).policies()}
    further = {NOT_EVALUATED, EXEMPTIONS, RULE_ERRORS, EXPIRED}
    assert set(policies) == {rule.id for rule in RULES} | further
    for rule in RULES:
        if rule.id in policies:
            assert policies[rule.id].enforcement_level == EnforcementLevel(rule.severity.value), rule.id
            assert isinstance(policies[rule.id], ResourceValidationPolicy) is (rule.scope is Scope.RESOURCE), rule.id
            schema = policies[rule.id].config_schema
            assert schema is not None
            assert set(schema.properties) == set(rule.parameters), f"{rule.id} is configured in CrossGuard's way"


def test_every_name_in_the_configuration_is_a_policy() -> None:
    """The engine refuses a configuration that names any other: `invalid enforcement level ""`."""
    policies = {policy.name for policy in Pack(RULES, ()).policies()}
    assert set(configuration.read(ROOT / configuration.DEFAULT)) - {configuration.ALL} <= policies


@pytest.mark.parametrize("stack", [0, 1], ids=["primary", "recovery"])
def test_a_preview_of_the_clean_platform_says_only_what_is_not_known_yet(standing_by: list[Json], stack: int) -> None:
    said = _run(standing_by[stack])
    violations = [entry for entry in said if entry[0] not in (NOT_EVALUATED, *EXEMPTED)]
    assert not violations, "nothing is violated because it is not known yet"
    rules = {message.split(":")[0] for id_, _, message in said if id_ == NOT_EVALUATED}
    assert "queue-dead-letter" in rules, "an unknown is said by the name of the rule that it keeps from judging"
    assert rules <= set(BY_ID)


_WITHIN = [
    case
    for case in CASES
    if BY_ID[case.rule].scope is not Scope.PARITY
    and not any(isinstance(c.value, str) and "${" in c.value for c in case.made)
]


@pytest.mark.parametrize("case", _WITHIN, ids=lambda case: case.rule)
def test_in_a_preview_a_broken_rule_speaks_or_says_that_it_cannot(case: Any, made: list[Json]) -> None:
    blueprints = changed(made, case.made)
    said = [entry for stack in {change.stack for change in case.made} for entry in _run(blueprints[stack])]
    heard = {name for name, _, _ in said} | {message.split(":")[0] for _, _, message in said}
    assert case.rule in heard, "a rule is never passed over in silence"


def test_a_policy_is_configured_by_the_engine(made: list[Json]) -> None:
    said = _run(made[0], {"stream-shards": {"targetUtilisation": 50.0}, "rds-backups": {"days": 60.0}})
    assert {name for name, _, _ in said} - {NOT_EVALUATED} == {"stream-shards", "rds-backups"}
    with pytest.raises(PolicyInputError, match="no parameter"):
        _run(made[0], {"rds-backups": {"weeks": 4.0}})


def test_an_exemption_holds_under_the_engine(made: list[Json]) -> None:
    case = next(case for case in CASES if case.rule == "queue-zero-delay")
    blueprint = changed(made, case.made)[0]
    entry = {
        "urn": "*made-account-events",
        "rule": "queue-zero-delay",
        "reason": "Replays are slowed down while the venue catches up.",
        "expires": "2999-12-31",
    }
    assert "queue-zero-delay" in {name for name, _, _ in _run(blueprint)}
    assert "queue-zero-delay" not in {name for name, _, _ in _run(blueprint, exempt=[entry])}
    late = [
        text for name, _, text in _run(blueprint, exempt=[{**entry, "expires": "2020-01-31"}]) if name == entry["rule"]
    ]
    assert [text.endswith("Its exemption expired on 2020-01-31.") for text in late] == [True]


def test_an_expired_exemption_fails_the_engine_by_itself(made: list[Json]) -> None:
    """The platform breaks no rule, and still one mandatory violation names the entry and its date."""
    entry = {
        "urn": "*made-account-events",
        "rule": "queue-zero-delay",
        "reason": "Replays are slowed down while the venue catches up.",
        "expires": "2020-01-31",
    }
    policies = {policy.name: policy for policy in Pack(RULES, ()).policies()}
    assert policies[EXPIRED].enforcement_level is EnforcementLevel.MANDATORY
    said = [text for name, _, text in _run(made[0], exempt=[entry]) if name == EXPIRED]
    assert said == [
        "exemptions[0] (queue-zero-delay for *made-account-events): expired on 2020-01-31; "
        "delete it, or review the reason and set a later date"
    ]
    assert not [name for name, _, _ in _run(made[0], exempt=[{**entry, "expires": "2999-12-31"}]) if name == EXPIRED]


def test_each_round_of_the_engine_is_judged_anew(made: list[Json]) -> None:
    """One pack serves the preview and the update after it."""
    case = next(case for case in CASES if case.rule == "secret-rotated")
    policies = Pack(RULES, ()).policies()
    before = Engine(policies, configured()).run(made[0])
    after = Engine(policies, configured()).run(changed(made, case.made)[0])
    assert "secret-rotated" not in {name for name, _, _ in before}
    assert "secret-rotated" in {name for name, _, _ in after}


def test_an_identity_that_another_resource_hands_on_is_followed(made: list[Json]) -> None:
    """The id of a secret may be taken from its version, which has it from the secret."""
    blueprint = json.loads(json.dumps(made[0]))
    version = "aws:secretsmanager/secretVersion:SecretVersion"
    secret = next(r for r in blueprint["resources"] if r["type"] == t.SECRET)
    rotation = next(r for r in blueprint["resources"] if r["type"] == t.SECRET_ROTATION)
    blueprint["resources"].append(
        {
            **secret,
            "type": version,
            "urn": secret["urn"].replace(t.SECRET, version),
            "properties": {"secretId": rotation["properties"]["secretId"]},
        }
    )
    rotation["properties"]["secretId"] = f"${{{version}::{secret['name']}#secretId}}"
    assert "secret-rotated" not in {name for name, _, _ in _run(blueprint)}


def test_proxies_of_the_sdk_are_taken_off_and_unknowns_stay() -> None:
    given: Any = unknown_checking_proxy({"a": {"b": [1.0, UNKNOWN_TEXT]}, "c": UNKNOWN_TEXT, "d": None})
    assert plain(given) == {"a": {"b": [1.0, UNKNOWN_TEXT]}, "c": UNKNOWN_TEXT, "d": None}


def test_the_project_file_of_the_pack_is_what_the_engine_reads() -> None:
    project = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert project["runtime"]["name"] == "python"
    assert (ROOT / "policy" / "__main__.py").is_file()
