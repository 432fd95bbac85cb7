"""Terraform is lowered to the names, shapes and references that the pack judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy.check import evaluate
from tests.policy.peers import __main__ as command
from tests.policy.peers.terraform import Fixture, FixtureError

TEXT = """
variable "days" { default = 14 }
data "aws_iam_policy_document" "tls" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
resource "aws_kms_key" "k" {
  enable_key_rotation = true
}
resource "aws_s3_bucket" "b" {}
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.b.id
  policy = data.aws_iam_policy_document.tls.json
}
resource "aws_sqs_queue" "q" {
  kms_master_key_id = aws_kms_key.k.arn
  redrive_policy    = jsonencode({ maxReceiveCount = 3 })
  tags              = { "Snake_Key" = "x" }
}
resource "aws_db_instance" "d" {
  backup_retention_period = var.days
}
resource "aws_lb" "l" {
  access_logs {
    bucket  = "logs"
    enabled = true
  }
}
"""


def test_resources_get_tokens_names_shapes_and_references() -> None:
    document, addresses = Fixture(TEXT).blueprint()
    found = {entry["urn"]: entry["properties"] for entry in document["resources"]}
    queue = found[addresses["aws_sqs_queue.q"]]
    assert queue["kmsMasterKeyId"] == "${aws:kms/key:Key::k#arn}"
    assert json.loads(queue["redrivePolicy"]) == {"maxReceiveCount": 3}
    assert queue["tags"] == {"Snake_Key": "x"}
    assert found[addresses["aws_db_instance.d"]]["backupRetentionPeriod"] == 14
    assert found[addresses["aws_lb.l"]]["accessLogs"] == {"bucket": "logs", "enabled": True}
    policy = json.loads(found[addresses["aws_s3_bucket_policy.p"]]["policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}


def test_a_lowered_fixture_is_judged() -> None:
    document, addresses = Fixture(TEXT).blueprint()
    refused = {(v.rule.id, v.urn) for v in evaluate([document]).violations}
    assert ("key-rotation", addresses["aws_kms_key.k"]) not in refused
    assert ("bucket-versioned", addresses["aws_s3_bucket.b"]) in refused


def test_a_fixture_that_is_no_terraform_is_named() -> None:
    with pytest.raises(FixtureError, match="is not read"):
        Fixture('resource "aws_kms_key" {{{')


def test_agreement_is_counted_in_a_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = tmp_path / "checkov" / "terraform" / "checks" / "resource" / "aws"
    tests = tmp_path / "tests" / "terraform" / "checks" / "resource" / "aws"
    example = tests / "example_KMSRotation"
    for folder in (checks, example):
        folder.mkdir(parents=True)
    (tmp_path / "checkov" / "version.py").touch()
    (checks / "KMSRotation.py").write_text('id = "CKV_AWS_7"\n', encoding="utf-8")
    (tests / "test_KMSRotation.py").write_text(
        'folder = "/example_KMSRotation"\n'
        'passing_resources = {"aws_kms_key.k"}\nfailing_resources = {"aws_kms_key.off", "aws_kms_key.k2"}\n',
        encoding="utf-8",
    )
    more = 'resource "aws_kms_key" "off" {}\nresource "aws_kms_key" "k2" {\n enable_key_rotation = true\n}\n'
    (example / "main.tf").write_text(TEXT + more, encoding="utf-8")
    assert command.main([str(tmp_path), "--differences"]) == 0
    out = capsys.readouterr().out
    assert "3 resources judged by 1 checks: 2 agreed, 1 only the peer refuses" in out
    assert "aws_kms_key.k2: only the peer refuses" in out
    assert command.main([str(tmp_path / "missing")]) == 2
