"""IAM Access Analyzer: analyzers and their tags.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Operations.html
"""

from aws_emulator.store import Call, Record, Resource, Service, Tagging, make

SERVICE = Service(
    "accessanalyzer", "https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Operations.html"
)

ANALYZER = SERVICE.resource(
    Resource(
        name="analyzer",
        key=("name",),
        also=("arn",),
        shapes=("AnalyzerSummary",),
        inputs={"analyzerName": "name"},
        make={
            "arn": make.arn("access-analyzer", "analyzer/{name}"),
            "status": "ACTIVE",
            "createdAt": make.now,
        },
        arn="arn",
        tags="tags",
        create="CreateAnalyzer",
        read="GetAnalyzer",
        list="ListAnalyzers",
        update="UpdateAnalyzer",
        delete="DeleteAnalyzer",
        exists="ConflictException",
        on_delete=lambda call, record: _drop_rules(call, record),
        not_emulated="analysis: there are never findings",
    )
)


def _require_analyzer(call: Call, record: Record) -> None:
    ANALYZER.find(call, {"name": record["analyzerName"]})
    record.setdefault("createdAt", make.now())
    record["updatedAt"] = make.now()


ARCHIVE_RULE = SERVICE.resource(
    Resource(
        name="archive rule",
        key=("analyzerName", "ruleName"),
        shapes=("ArchiveRuleSummary",),
        create="CreateArchiveRule",
        read="GetArchiveRule",
        list="ListArchiveRules",
        update="UpdateArchiveRule",
        delete="DeleteArchiveRule",
        exists="ConflictException",
        on_create=_require_analyzer,
        on_update=_require_analyzer,
        not_emulated="archiving",
    )
)


def _drop_rules(call: Call, record: Record) -> None:
    rules = ARCHIVE_RULE.records(call)
    for key in [key for key in rules if key[0] == record["name"]]:
        del rules[key]


SERVICE.tagging(Tagging())


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
