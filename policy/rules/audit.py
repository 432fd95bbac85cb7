"""CloudTrail, AWS Config, and AWS Backup."""

from __future__ import annotations

from collections.abc import Iterator

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameters, Rules
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("Audit and backup")


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
def backups_copied(_: Resource, primary: Stack, recovery: Stack, __: Parameters) -> Iterator[str]:
    """One that has taken over has left the primary's plan standing and declares none of it."""
    if not recovery.standing_by:
        return
    for stack in (primary, recovery):
        for plan in stack.of_type(t.BACKUP_PLAN):
            if any(rule.get("copyActions") for rule in plan.items("rules")):
                return
    yield f"no plan copies its backups to {recovery.region}"
