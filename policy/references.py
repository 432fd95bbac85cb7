"""For each rule how much harm a violation can do, and the page that explains it.

Sources: AWS Security Hub User Guide, "Security Hub control reference" (severity and anchor of each control).
"""

from __future__ import annotations

from policy.rule import Risk, Rule, Severity

_GUIDE = "https://docs.aws.amazon.com/securityhub/latest/userguide"

# Controls to which Security Hub gives the severity "Critical" (control reference).
_CRITICAL = frozenset(
    {
        "CodeBuild.1",
        "CodeBuild.2",
        "Config.1",
        "DMS.1",
        "EC2.1",
        "EC2.19",
        "IAM.4",
        "IAM.6",
        "IAM.9",
        "KMS.3",
        "Lambda.1",
        "RDS.1",
        "RDS.2",
        "S3.2",
        "S3.3",
        "SNS.4",
        "SQS.3",
        "SSM.4",
    }
)

# Where a framework has no page of its own for each control, the page of the whole.
_PAGES = {
    "checkov": "https://www.checkov.io/5.Policy%20Index/terraform.html",
    "cis": "https://www.cisecurity.org/benchmark/amazon_web_services",
    "pci": "https://www.pcisecuritystandards.org/document_library/",
    "wellarchitected": "https://docs.aws.amazon.com/wellarchitected/latest/framework/appendix.html",
    "nist": "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
    "sec": "https://www.ecfr.gov/current/title-17/section-240.17a-4",
    "finra": "https://www.finra.org/rules-guidance/rulebooks/finra-rules",
}


def risk_of(rule: Rule) -> Risk:
    """What the rule says itself; else critical as Security Hub has it, high for mandatory rules, medium for others."""
    if rule.risk is not None:
        return rule.risk
    if _CRITICAL.intersection(rule.controls.get("fsbp", ())):
        return Risk.CRITICAL
    return Risk.HIGH if rule.severity is Severity.MANDATORY else Risk.MEDIUM


def url_of(rule: Rule) -> str:
    """The page that explains the rule, empty for an own rule without one.

    Security Hub's page of a service is named after it in lower case, with an anchor for each control.
    """
    if rule.url:
        return rule.url
    for code in rule.controls.get("fsbp", ()):
        service, _, number = code.lower().partition(".")
        return f"{_GUIDE}/{service}-controls.html#{service}-{number}"
    return next((page for name, page in _PAGES.items() if name in rule.controls), "")
