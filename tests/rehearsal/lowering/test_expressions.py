"""Addresses of outputs that are collections."""

from __future__ import annotations

import pytest

from blueprint.references import Reference
from rehearsal.lowering.expressions import path
from rehearsal.lowering.schema import Block

OPTION = ["object", {"resource_record_name": "string"}]
CERTIFICATE = Block(
    "aws_acm_certificate",
    {
        "attributes": {
            "domain_validation_options": {"type": ["set", OPTION], "computed": True},
            "validations": {"type": ["list", OPTION], "computed": True},
        }
    },
)


@pytest.mark.parametrize(
    ("step", "address"),
    [
        (
            "domainValidationOptions[0].resourceRecordName",
            "tolist(c.domain_validation_options)[0].resource_record_name",
        ),
        ("domainValidationOptions.resourceRecordName", "one(c.domain_validation_options).resource_record_name"),
        ("validations[0].resourceRecordName", "c.validations[0].resource_record_name"),
        ("validations.resourceRecordName", "c.validations[0].resource_record_name"),
    ],
)
def test_a_path_selects_a_member_of_a_set_or_list(step: str, address: str):
    assert path(Reference("aws:acm/certificate:Certificate", "c", step), "c", CERTIFICATE) == address
