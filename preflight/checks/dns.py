"""DNS: a certificate is issued once its proof is public, so the zone must be delegated before the update."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from preflight.account import Account
from preflight.declared import Declared
from preflight.dns_lookup import LookupFailedError, name_servers
from preflight.model import Answer, Question, not_asked, ok, stops, warns

_CERTIFICATE = "aws:acm/certificate:Certificate"
_ZONE = "aws:route53/zone:Zone"
# ACM waits 72 hours; the provider gives up after this long (aws_acm_certificate_validation, timeout "create").
_WAITS_MINUTES = 75


class Dns:
    """Reads certificates and the hosted zone; calls route53:GetHostedZone and asks the public DNS for the domain's name
    servers; stops where a certificate could never be proven, and warns of a zone that a person must delegate while the
    update waits. `lookup` answers the public name servers of a domain."""

    name = "dns"

    def __init__(self, lookup: Callable[[str], frozenset[str]] = name_servers) -> None:
        self._lookup = lookup

    def questions(self, declared: Declared) -> Iterator[Question]:
        domains = sorted({str(c.properties["domainName"]) for c in declared.of_type(None, _CERTIFICATE)})
        zone_id = declared.settings.compute.dns_zone_id
        if zone_id and domains:
            yield self._given(declared, zone_id, domains)
        for zone in declared.of_type(None, _ZONE):
            yield self._made(str(zone.properties["name"]))
        for domain in _unproven(declared):
            yield self._by_person(domain)

    def _given(self, declared: Declared, zone_id: str, domains: list[str]) -> Question:
        def ask(account: Account) -> Answer:
            client = account.client("route53", declared.region)
            try:
                found = account.call("route53", declared.region, "get_hosted_zone", Id=zone_id)
            except client.exceptions.NoSuchHostedZone:
                return stops("no such hosted zone", "set dnsZoneId to the id of a public zone of this account")
            name = found["HostedZone"]["Name"].rstrip(".")
            outside = [domain for domain in domains if domain != name and not domain.endswith(f".{name}")]
            if outside:
                return stops(
                    f"the zone is {name}", f"choose names inside it, or another zone, for {', '.join(outside)}"
                )
            return self._delegated(
                account, name, {server.rstrip(".") for server in found["DelegationSet"]["NameServers"]}
            )

        request = f"delegate the domain of hosted zone {zone_id} to its name servers"
        return Question(self.name, f"zone {zone_id}", "global", f"delegated, with {', '.join(domains)}", ask, request)

    def _delegated(self, account: Account, name: str, servers: set[str]) -> Answer:
        if account.emulated:
            return not_asked("no public DNS leads to the in-memory AWS")
        try:
            public = self._lookup(name)
        except LookupFailedError as error:
            return warns(f"the public DNS could not be asked ({error})", f"dig NS {name} must answer {sorted(servers)}")
        if public & servers:
            return ok(f"{name} is delegated")
        return stops(
            f"{name} is served by {', '.join(sorted(public)) or 'nobody'}",
            f"enter {', '.join(sorted(servers))} where the domain above is kept; else the update waits "
            f"{_WAITS_MINUTES} minutes for certificates and fails",
        )

    def _made(self, name: str) -> Question:
        def ask(account: Account) -> Answer:
            if account.emulated:
                return not_asked("no public DNS leads to the in-memory AWS")
            return warns(
                "this update makes the zone, and its certificate waits for the delegation",
                f"make the zone first and set dnsZoneId (docs/first-day.md, step 3); or delegate {name} while the "
                f"update waits, within {_WAITS_MINUTES} minutes",
            )

        request = f"make a public hosted zone for {name}, delegate it, and set dnsZoneId"
        return Question(self.name, f"zone {name}", "global", "delegated before certificates wait for it", ask, request)

    def _by_person(self, domain: str) -> Question:
        def ask(account: Account) -> Answer:
            if account.emulated:
                return not_asked("no public DNS leads to the in-memory AWS")
            return warns(
                "no zone is named in which the stack could prove it",
                f"set dnsZoneId, or make the record that the update prints while it waits ({_WAITS_MINUTES} minutes)",
            )

        return Question(self.name, f"certificate of {domain}", "global", "a zone to prove the domain in", ask)


def _unproven(declared: Declared) -> list[str]:
    """Domains of certificates whose proof the stack does not write itself: it waits for a person."""
    waiting = (
        declared.named(validation.properties.get("certificateArn"))
        for validation in declared.of_type(None, "aws:acm/certificateValidation:CertificateValidation")
        if not validation.properties.get("validationRecordFqdns")
    )
    return sorted({str(certificate.properties["domainName"]) for certificate in waiting if certificate})
