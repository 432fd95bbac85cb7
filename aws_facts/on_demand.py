"""EC2 On-Demand Instance quotas: the quota that counts an instance type, and the vCPUs of the type."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# EC2 User Guide, "On-Demand Instance quotas": families by quota, in vCPUs. The codes are the codes of Service Quotas
# for `ec2`. A family is the letters before the generation: `c` of c5n, `inf` of inf2.
FAMILIES: dict[str, tuple[str, str]] = {
    "dl": ("L-6E869C2A", "Running On-Demand DL instances"),
    "f": ("L-74FC7D96", "Running On-Demand F instances"),
    "g": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "hpc": ("L-F7808C92", "Running On-Demand HPC instances"),
    "inf": ("L-1945791B", "Running On-Demand Inf instances"),
    "p": ("L-417A185B", "Running On-Demand P instances"),
    "trn": ("L-2C3B7624", "Running On-Demand Trn instances"),
    "u": ("L-43DA4232", "Running On-Demand High Memory instances"),
    "vt": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "x": ("L-7295265B", "Running On-Demand X instances"),
}
STANDARD = ("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
# Default of the standard families in a new account (EC2 User Guide, "On-Demand Instance quotas"). The other families
# have no default.
_DEFAULT_VCPUS = 5
_PREFIX = re.compile(r"^([a-z]+)")


def quota_of(instance_type: str) -> tuple[str, str]:
    """Return code and name of the On-Demand quota that counts an instance type."""
    match = _PREFIX.match(instance_type)
    prefix = match[1] if match else ""
    if prefix in FAMILIES:
        return FAMILIES[prefix]
    # im, is: storage-optimised families of the letter I. ra, mac and others run on dedicated hosts, which this quota
    # does not count.
    return STANDARD if prefix[:1] in set("acdhimrtz") else FAMILIES.get(prefix[:1], STANDARD)


def default_of(code: str) -> int:
    """Return the vCPUs that a new account has under an On-Demand quota."""
    return _DEFAULT_VCPUS if code == STANDARD[0] else 0


@cache
def _offline() -> dict[str, Any]:
    """Return the copy of the DescribeInstanceTypes response that moto ships, which follows AWS's list."""
    # Moto is found and not imported: its import makes a session of boto3, which fails for a profile that is not there.
    found = find_spec("moto")
    if found is None or found.origin is None:
        return {}
    text = Path(found.origin).parent.joinpath("ec2/resources/instance_types.json.gz").read_bytes()
    return json.loads(gzip.decompress(text))


def vcpus(instance_type: str) -> int | None:
    """Return the vCPUs of an instance type from moto's list, or None for an unknown type."""
    found = _offline().get(instance_type)
    return int(found["VCpuInfo"]["DefaultVCpus"]) if found else None
