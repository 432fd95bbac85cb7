"""The pack behind the SDK's own server, called as the engine calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel
from pulumi_policy import policy as sdk

from policy.catalogue import BY_ID, RULES
from policy.engine import Pack
from policy.errors import PolicyInputError
from policy.pack import initial
from policy.rule import Rule
from tests.policy import documents as d

Json = dict[str, Any]
KEY_OFF = {"enableKeyRotation": False, "deletionWindowInDays": 30.0}
REASON = "Replays wait for the venue until it has caught up"


class Server:
    """The analyzer of the pack; `config` is the engine's, by policy."""

    def __init__(self, rules: tuple[Rule, ...] = RULES, config: Json | None = None) -> None:
        policies = Pack(rules).policies()
        # The SDK has no public way to its server but one that blocks.
        self.server = sdk._PolicyAnalyzerServicer("pack", "0.0.1", policies, EnforcementLevel.MANDATORY)
        levels = {p.name: p.enforcement_level for p in policies}
        request = proto.ConfigureAnalyzerRequest()
        for name, given in (config or {}).items():
            entry = request.policyConfig[name]
            properties = {key: value for key, value in given.items() if key != "enforcementLevel"}
            entry.properties.update(properties)
            level = given.get("enforcementLevel", levels[name].value)
            entry.enforcementLevel = getattr(proto, level.upper())
        self.server.Configure(request, empty_pb2.Empty())

    def analyze(self, type_: str, inputs: Json) -> Any:
        """The answer for one resource."""
        return self.server.Analyze(self._request(proto.AnalyzeRequest, type_, inputs), None)

    def remediate(self, type_: str, inputs: Json) -> Any:
        """The corrections of one resource."""
        return self.server.Remediate(self._request(proto.AnalyzeRequest, type_, inputs), None)

    def stack(self, *resources: tuple[str, Json]) -> Any:
        """The answer for the whole stack."""
        entries = [self._request(proto.AnalyzerResource, type_, inputs) for type_, inputs in resources]
        return self.server.AnalyzeStack(proto.AnalyzeStackRequest(resources=entries), None)

    def _request(self, kind: Any, type_: str, inputs: Json) -> Any:
        properties = struct_pb2.Struct()
        properties.update(inputs)
        return kind(type=type_, urn=d.urn(type_, "x"), name="x", properties=properties)


def _said(answer: Any) -> dict[str, str]:
    return {diagnostic.policyName: diagnostic.message for diagnostic in answer.diagnostics}


def test_the_engine_learns_severity_page_and_remedy_of_each_rule() -> None:
    info = Server().server.GetAnalyzerInfo(empty_pb2.Empty(), None)
    policies = {policy.name: policy for policy in info.policies}
    rule = policies["rds-private"]
    assert rule.severity == proto.POLICY_SEVERITY_CRITICAL
    assert rule.url.endswith("/rds-controls.html#rds-2")
    assert rule.framework.specification == "RDS.2"
    assert rule.remediation_steps == BY_ID["rds-private"].remediation
    for name in BY_ID.keys() & policies.keys():
        assert policies[name].severity, name
        assert policies[name].url, name


def test_the_engine_corrects_what_is_set_to_remediate_and_keeps_secrets() -> None:
    server = Server(config={"key-rotation": {"enforcementLevel": "remediate"}})
    secret = {d.SIGNATURE: d.SECRET, "value": "shhh"}
    inputs = {**KEY_OFF, "description": secret, "policy": d.UNKNOWN}
    (remediation,) = server.remediate(d.KEY, inputs).remediations
    assert remediation.policyName == "key-rotation"
    assert json_format.MessageToDict(remediation.properties) == {**inputs, "enableKeyRotation": True}
    assert not server.remediate(d.KEY, {**KEY_OFF, "enableKeyRotation": True}).remediations
    assert not server.remediate(d.QUEUE, {"delaySeconds": 9}).remediations
    assert not Server().remediate(d.KEY, KEY_OFF).remediations, "nothing is corrected unless it is asked for"


def test_a_rule_without_its_names_is_not_applicable_until_it_has_them() -> None:
    template = "aws:ec2/launchTemplate:LaunchTemplate"
    inputs = {"name": "x-engine", "networkInterfaces": [{}]}
    answer = Server().analyze(template, inputs)
    reasons = {entry.policy_name: entry.reason for entry in answer.not_applicable}
    assert "not configured: set hosts" in reasons["ena-express-explicit"]
    named = Server(config={"ena-express-explicit": {"hosts": ["*-engine"]}}).analyze(template, inputs)
    assert "ena-express-explicit" in _said(named)


def test_exemptions_come_from_the_configuration_and_from_tags() -> None:
    entry = {"urn": "*", "rule": "queue-zero-delay", "reason": REASON, "expires": "2999-01-01"}
    broken = {"delaySeconds": 9.0}
    assert "queue-zero-delay" in _said(Server().analyze(d.QUEUE, broken))
    config = {"exemptions": {"entries": [entry]}}
    assert "queue-zero-delay" not in _said(Server(config=config).analyze(d.QUEUE, broken))
    tags = {"policy-exemption:queue-zero-delay": f"{REASON} until=2999-01-01"}
    assert "queue-zero-delay" not in _said(Server().analyze(d.QUEUE, {**broken, "tags": tags}))
    late = {"policy-exemption:queue-zero-delay": f"{REASON} until=2001-01-01"}
    assert "queue-zero-delay" in _said(Server().analyze(d.QUEUE, {**broken, "tags": late}))


def test_malformed_exemptions_are_a_violation_of_their_own() -> None:
    tags = {"policy-exemption:queue-zero-delay": "because"}
    said = _said(Server().analyze(d.QUEUE, {"delaySeconds": 9.0, "tags": tags}))
    assert "says no end" in said["exemptions"]
    assert "queue-zero-delay" in said, "it excuses nothing"
    wrong = Server(config={"exemptions": {"file": "missing.yaml"}}).analyze(d.QUEUE, {})
    assert "cannot be read" in _said(wrong)["exemptions"]


def test_a_rule_that_fails_is_named_and_hides_no_other() -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("out of luck")

    rules = (replace(BY_ID["key-rotation"], check=fails), BY_ID["key-deletion-window"])
    server = Server(rules)
    inputs = {"enableKeyRotation": False, "deletionWindowInDays": 7.0}
    assert set(_said(server.analyze(d.KEY, inputs))) == {"key-deletion-window"}
    said = _said(server.stack((d.KEY, inputs)))
    assert "'key-rotation' failed" in said["rule-failed"]
    assert "RuntimeError: out of luck" in said["rule-failed"]


def test_an_initial_configuration_is_validated_and_spelt_out() -> None:
    found = initial({"all": "advisory", "rds-backups": {"days": 60}, "key-rotation": "disabled"}, RULES)
    assert found is not None
    assert found["queue-zero-delay"] is EnforcementLevel.ADVISORY
    assert found["rds-backups"] == {"days": 60, "enforcementLevel": EnforcementLevel.ADVISORY}
    assert found["key-rotation"] is EnforcementLevel.DISABLED
    assert initial(None, RULES) is None
    with pytest.raises(PolicyInputError, match="no parameter"):
        initial({"rds-backups": {"weeks": 60}}, RULES)
