"""Recorded stacks as the checks read them, and an in-memory AWS to ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aws_emulator import server
from blueprint import Blueprint
from preflight.account import Account
from preflight.declared import Declared
from preflight.model import Check, Finding
from preflight.recorded import as_declared
from preflight.run import ask
from rehearsal.verification.clients import Clients

Found = dict[str, Finding]


@pytest.fixture
def client(in_memory_aws: server.RunningServer) -> Callable[[str, str], Any]:
    """A boto3 client of the in-memory AWS by service and region."""
    return lambda service, region: Clients(region, in_memory_aws.environment()).client(service)


@pytest.fixture
def account(client: Callable[[str, str], Any]) -> Account:
    """The account of the in-memory AWS; what was answered before is forgotten for each test."""
    return Account(client, emulated=True)


@pytest.fixture(scope="session")
def declared(primary: Blueprint) -> Declared:
    """The primary stack."""
    return as_declared(primary, {})


@pytest.fixture(scope="session")
def declared_dr(dr: Blueprint) -> Declared:
    """The recovery stack."""
    return as_declared(dr, {})


def asked(check: Check, declared: Declared, account: Account) -> Found:
    """Findings of one check by `region subject`."""
    found = ask(list(check.questions(declared)), account)
    return {f"{finding.region} {finding.subject}": finding for finding in found}
