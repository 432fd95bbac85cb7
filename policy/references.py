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

_DOCS = "https://docs.aws.amazon.com"
_FRAMEWORK = f"{_DOCS}/wellarchitected/latest/framework/welcome.html"
# The guide of a service, for rules that no control asks for.
_GUIDES = {
    "API Gateway and load balancers": f"{_DOCS}/apigateway/latest/developerguide/security.html",
    "Alarms": f"{_DOCS}/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    "Audit and backup": f"{_DOCS}/awscloudtrail/latest/userguide/best-practices-security.html",
    "Delivery": f"{_DOCS}/codepipeline/latest/userguide/security-best-practices.html",
    "DynamoDB": f"{_DOCS}/amazondynamodb/latest/developerguide/best-practices-security.html",
    "ECS and ECR": f"{_DOCS}/AmazonECS/latest/developerguide/security.html",
    "IAM": f"{_DOCS}/IAM/latest/UserGuide/best-practices.html",
    "KMS and Secrets Manager": f"{_DOCS}/secretsmanager/latest/userguide/best-practices.html",
    "Kinesis and Firehose": f"{_DOCS}/streams/latest/dev/security-best-practices.html",
    "Latency": f"{_DOCS}/AWSEC2/latest/UserGuide/placement-groups.html",
    "Network": f"{_DOCS}/vpc/latest/userguide/vpc-security-best-practices.html",
    "RDS": f"{_DOCS}/AmazonRDS/latest/UserGuide/CHAP_BestPractices.html",
    "S3": f"{_DOCS}/AmazonS3/latest/userguide/security-best-practices.html",
    "SQS and SNS": f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    "Sharing": f"{_DOCS}/IAM/latest/UserGuide/confused-deputy.html",
}


def risk_of(rule: Rule) -> Risk:
    """What the rule says itself; else critical as Security Hub has it, high for mandatory rules, medium for others."""
    if rule.risk is not None:
        return rule.risk
    if _CRITICAL.intersection(rule.controls.get("fsbp", ())):
        return Risk.CRITICAL
    return Risk.HIGH if rule.severity is Severity.MANDATORY else Risk.MEDIUM


def url_of(rule: Rule) -> str:
    """The page that explains the rule, empty for an own rule without one; the service's guide where no control asks it.

    Security Hub's page of a service is named after it in lower case, with an anchor for each control.
    """
    if rule.url:
        return rule.url
    for code in rule.controls.get("fsbp", ()):
        service, _, number = code.lower().partition(".")
        return f"{_GUIDE}/{service}-controls.html#{service}-{number}"
    own = next((page for name, page in _PAGES.items() if name in rule.controls), "")
    return own or ("" if rule.own else _GUIDES.get(rule.service, _FRAMEWORK))
