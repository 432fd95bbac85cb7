"""Statements that must not be written cannot be written."""

from __future__ import annotations

import pytest

from components.security.policies import PolicyError, Statement, policy_document


def test_every_action_on_every_resource_is_refused():
    with pytest.raises(PolicyError, match=r"AllowAll: allows every action on every resource; list the actions"):
        Statement("AllowAll", ["*"], ["*"])


def test_every_action_is_refused_even_on_one_resource():
    with pytest.raises(PolicyError, match="list the actions that are needed"):
        Statement("AllowMuch", ["*"], ["arn:aws:s3:::a"])


@pytest.mark.parametrize("principals", ["*", {"AWS": "*"}, {"AWS": ["*"]}, {"Service": ["s3.amazonaws.com", "*"]}])
def test_anyone_as_a_principal_is_refused(principals):
    with pytest.raises(PolicyError, match="AllowAnyone: allows anyone; name the principals"):
        Statement("AllowAnyone", ["s3:GetObject"], ["*"], principals=principals)


def test_a_denial_may_hold_for_everyone_and_everything():
    denial = Statement("DenyAll", ["*"], ["*"], effect="Deny", principals="*")
    assert denial.as_dict() == {
        "Sid": "DenyAll",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
    }


def test_a_statement_without_actions_is_refused():
    with pytest.raises(PolicyError, match="names no action"):
        Statement("Nothing", [], ["*"])


@pytest.mark.parametrize("sid", ["", "two words", "under_score"])
def test_a_sid_that_iam_refuses_is_refused(sid):
    with pytest.raises(PolicyError, match="only letters and digits"):
        Statement(sid, ["s3:GetObject"], ["*"])


def test_two_statements_with_one_sid_are_refused():
    one = Statement("Read", ["s3:GetObject"], ["*"])
    with pytest.raises(PolicyError, match="sid Read: used by two statements"):
        policy_document(one, one)
