"""Each number and each list among the settings has an upper bound: that of AWS, or one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_origin

import annotated_types
import pytest
from pydantic.alias_generators import to_camel

from components.settings import Settings, SettingsError

# A bound of another kind: a choice of values, another setting, or characters together.
OTHERWISE = {
    "clientCidrs": [f"10.{n // 250}.{n % 250}.0/24" for n in range(5000)],
    "podPorts": list(range(2000, 7000)),
    "clusterAdmins": [f"arn:aws:iam::123456789012:role/a{n}" for n in range(5000)],
    "trustedPrincipals": [f"arn:aws:iam::123456789012:role/a{n}" for n in range(5000)],
    **{
        key: [f"name-{n}" for n in range(5000)]
        for key in ("orderConsumers", "orderSharedReaders", "marketDataConsumers", "marketDataSharedReaders")
    },
}


def _fields(kind: type) -> Iterator[tuple[str, Any]]:
    for section in Settings.sections().values():
        for name, field in section.model_fields.items():
            if (field.annotation if kind is int else get_origin(field.annotation)) is kind:
                yield to_camel(name), field


@pytest.mark.parametrize("key", [key for key, _ in _fields(int)])
def test_each_number_has_an_upper_bound(key: str):
    """Ten billion is more than any quota of AWS that a setting counts against."""
    with pytest.raises(SettingsError) as refusal:
        Settings.parse({key: 10_000_000_000})
    (line,) = [line for line in str(refusal.value).splitlines() if f":{key} = " in line][:1]
    assert "; " in line


@pytest.mark.parametrize("key", [key for key, _ in _fields(tuple)])
def test_each_list_has_an_upper_bound(key: str):
    field = dict(_fields(tuple))[key]
    if any(isinstance(entry, annotated_types.MaxLen) for entry in field.metadata):
        return
    with pytest.raises(SettingsError) as refusal:
        Settings.parse({key: OTHERWISE[key]})
    assert f":{key} = " in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "way_out"),
    [
        ({"orderStreamShards": 100_000}, "write 10000 or less"),
        ({"marketDataStreamShards": 10_001}, "write 10000 or less"),
        ({"apiClients": [f"client-{n}" for n in range(10_001)]}, "must have at most 10000 items"),
        ({"elasticEnginesMin": 501}, "write 500 or less"),
        ({"serviceTasksMin": 5001}, "write 5000 or less"),
    ],
)
def test_counts_stay_within_the_quotas_of_aws(given: dict[str, Any], way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    assert way_out in str(refusal.value)
    assert len(str(refusal.value)) < 5000, "a long list is not printed whole"
