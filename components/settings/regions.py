"""The regions and zones that the platform can stand in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A region, its zone letters and the code that its zone ids begin with (EC2 User Guide, "Regions and Zones"),
    and its strong-consistency set."""

    name: str
    zone_letters: str
    strong_set: str
    code: str

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones as an account may see them, e.g. `us-east-1a`."""
        return tuple(f"{self.name}{letter}" for letter in self.zone_letters)

    def has_zone_id(self, zone: str) -> bool:
        """Whether the text is the id of a zone of the region, such as `use1-az4`: the same place in every account, as
        a name is not."""
        return zone in self.zone_ids

    @property
    def zone_ids(self) -> tuple[str, ...]:
        """Ids of the zones. Names skip a letter where an account does not see a zone, and ids do not."""
        return tuple(f"{self.code}-az{number}" for number in range(1, ord(self.zone_letters[-1]) - ord("a") + 2))


# Multi-region strong consistency of DynamoDB global tables holds within one of three sets of regions
# (DynamoDB Developer Guide, "Global tables: multi-Region strong consistency"). The control table that
# keeps two regions from writing at one time needs it, so the platform stands only in these.
REGIONS: dict[str, Region] = {
    region.name: region
    for region in (
        Region("us-east-1", "abcdef", "US", "use1"),
        Region("us-east-2", "abc", "US", "use2"),
        Region("us-west-2", "abcd", "US", "usw2"),
        Region("eu-west-1", "abc", "EU", "euw1"),
        Region("eu-west-2", "abc", "EU", "euw2"),
        Region("eu-west-3", "abc", "EU", "euw3"),
        Region("eu-central-1", "abc", "EU", "euc1"),
        Region("ap-northeast-1", "acd", "AP", "apne1"),
        Region("ap-northeast-2", "abcd", "AP", "apne2"),
        Region("ap-northeast-3", "abc", "AP", "apne3"),
    )
}

STRONG_REGION_SETS: dict[str, tuple[str, ...]] = {
    name: tuple(r.name for r in REGIONS.values() if r.strong_set == name)
    for name in sorted({r.strong_set for r in REGIONS.values()})
}
