"""CloudTrail, AWS Config, and AWS Backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameters, Rules
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("Audit and backup")


@RULES.parity(
    t.VPC,
    id="trail-present",
    title="A trail records what is called in both regions",
    remediation="Declare an aws.cloudtrail.Trail with isMultiRegionTrail, in either stack.",
    fsbp="CloudTrail.1",
    cis="4.1",
    pci="10.2.1",
    nist="AU-2, AU-12",
)
def trail_present(_: Resource, primary: Stack, recovery: Stack, __: Parameters) -> Iterator[str]:
    """One of all regions records the other stack's as well. What it must be like is asked of each trail."""
    if not primary.of_type(t.TRAIL) and not recovery.of_type(t.TRAIL):
        yield "no trail records what is called in this account"


@RULES.resource(
    t.TRAIL,
    id="trail-multi-region",
    title="The trail records all regions",
    remediation="Set isMultiRegionTrail and includeGlobalServiceEvents to true.",
    needs=("isMultiRegionTrail",),
    fsbp="CloudTrail.1",
    cis="4.1",
    pci="10.2.1",
    nist="AU-2, AU-12",
)
def trail_multi_region(trail: Resource, _: Parameters) -> Iterator[str]:
    """An intruder works where nobody looks."""
    if not trail.flag("isMultiRegionTrail"):
        yield "records one region alone"
    if not trail.flag("includeGlobalServiceEvents", default=True):
        yield "does not record IAM and other global services"


@RULES.resource(
    t.TRAIL,
    id="trail-validated",
    title="The trail proves that nothing was changed",
    remediation="Set enableLogFileValidation to true.",
    needs=("enableLogFileValidation",),
    fsbp="CloudTrail.4",
    cis="4.2",
    pci="10.3.4",
    nist="AU-9",
    sec="17a-4(f)",
)
def trail_validated(trail: Resource, _: Parameters) -> Iterator[str]:
    """Digest files are signed each hour."""
    if not trail.flag("enableLogFileValidation"):
        yield "its files could be changed unnoticed"


@RULES.joined(
    t.TRAIL,
    id="trail-encrypted",
    title="The trail is encrypted with a customer-managed key",
    remediation="Set kmsKeyId to the logs key.",
    needs=("kmsKeyId",),
    fsbp="CloudTrail.2",
    cis="4.5",
    pci="10.3.2",
    nist="AU-9, SC-28",
)
def trail_encrypted(trail: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Who reads the bucket does not yet read the trail."""
    if reason := missing_customer_key(trail, stack, "kmsKeyId"):
        yield reason


@RULES.stack(
    t.CONFIG_RECORDER,
    id="config-records-everything",
    title="AWS Config records every resource of the region",
    remediation="Declare a Recorder with recordingGroup.allSupported, and a RecorderStatus with isEnabled.",
    needs=("recordingGroup.allSupported", (t.CONFIG_RECORDER_STATUS, "isEnabled")),
    fsbp="Config.1",
    cis="4.3",
    pci="10.2.1",
    nist="CM-3, CM-8",
)
def config_records(stack: Stack, _: Parameters) -> Iterator[str | tuple[Resource, str]]:
    """A setting of each region; the recovery region is the one that nobody looks at."""
    recorders = stack.of_type(t.CONFIG_RECORDER)
    if not recorders:
        yield f"nothing records what changes in {stack.region}"
    for recorder in recorders:
        if not recorder.flag("recordingGroup.allSupported", default=True):
            yield recorder, "does not record every type of resource"
    if recorders and not any(status.flag("isEnabled") for status in stack.of_type(t.CONFIG_RECORDER_STATUS)):
        yield recorders[0], "is not switched on"


@RULES.joined(
    t.BACKUP_VAULT,
    id="backup-vault-encrypted",
    title="Backups are encrypted with a customer-managed key",
    remediation="Set kmsKeyArn to the backup key.",
    needs=("kmsKeyArn",),
    fsbp="Backup.1",
    pci="3.5.1",
    nist="CP-9, SC-28",
)
def vault_encrypted(vault: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A backup is the data once more."""
    if reason := missing_customer_key(vault, stack, "kmsKeyArn"):
        yield reason


@RULES.joined(
    t.BACKUP_VAULT,
    id="backup-vault-locked",
    title="Backups cannot be deleted before their time",
    remediation="Declare an aws.backup.VaultLockConfiguration of the vault with changeableForDays.",
    needs=((t.BACKUP_VAULT_LOCK, "backupVaultName"), (t.BACKUP_VAULT_LOCK, "changeableForDays")),
    nist="CP-9, AU-9",
    sec="17a-4(f)",
)
def vault_locked(vault: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Without changeableForDays it is governance mode, which an administrator lifts."""
    locks = stack.attached(vault, t.BACKUP_VAULT_LOCK, "backupVaultName")
    if not locks:
        yield "its backups may be deleted"
    for lock in locks:
        if lock.number("changeableForDays") is None:
            yield "its lock can be lifted"


@RULES.parity(
    t.BACKUP_VAULT,
    id="backups-copied",
    title="Backups are copied to the recovery region",
    remediation="Give a backup plan a copy action to the recovery region's vault.",
    needs=((t.BACKUP_PLAN, "rules"),),
    nist="CP-6, CP-9",
    sec="17a-4(e)",
)
def backups_copied(vault: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """One that has taken over has left the primary's plan standing and declares none of it."""
    if not recovery.standing_by:
        return
    for stack in (primary, recovery):
        for plan in stack.of_type(t.BACKUP_PLAN):
            for rule in plan.items("rules"):
                if _fills(rule, plan, stack, vault, primary) and _copies(rule, plan, stack, recovery):
                    return
    vault.get("name")  # A plan names the vault that it fills: of one whose name is not known nothing can be said.
    yield f"no plan copies its backups to a vault in {recovery.region}"


def _fills(rule: dict[str, Any], plan: Resource, stack: Stack, vault: Resource, primary: Stack) -> bool:
    into = rule.get("targetVaultName")
    return vault in _vaults(plan, stack, primary, into)


def _copies(rule: dict[str, Any], plan: Resource, stack: Stack, recovery: Stack) -> bool:
    for action in rule.get("copyActions") or []:
        arn = action.get("destinationVaultArn")
        vaults = [v for v in _vaults(plan, stack, recovery, arn) if recovery.region_of(v) == recovery.region]
        if vaults or str(arn).startswith(f"arn:aws:backup:{recovery.region}:"):
            return True
    return False


def _vaults(plan: Resource, stack: Stack, of: Stack, value: Any) -> list[Resource]:
    """The vaults of a stack that a value in a plan of that or of the other stack means."""
    if stack is not of:
        return of.referred_by(stack, plan, "rules", value)
    return [found for found in stack.resolved(plan, "rules", value, t.BACKUP_VAULT) if isinstance(found, Resource)]
