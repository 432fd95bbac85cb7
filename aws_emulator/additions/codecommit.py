"""CodeCommit: repositories, triggers and approval rule templates.

https://docs.aws.amazon.com/codecommit/latest/APIReference/API_Operations.html
The store has the whole of it: moto's repositories have no tags and answer times that do not parse.
"""

import hashlib
from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make
from aws_emulator.store.paging import page

SERVICE = Service("codecommit", "https://docs.aws.amazon.com/codecommit/latest/APIReference/API_Operations.html")


def _clone_url(scheme: str) -> make.Maker:
    return lambda call, record: (
        f"{scheme}://git-codecommit.{call.region}.amazonaws.com/v1/repos/{record['repositoryName']}"
    )


def _dissociate(call: Call, record: Record) -> None:
    for template in TEMPLATE.records(call).values():
        template["repositories"] = [name for name in template["repositories"] if name != record["repositoryName"]]


REPOSITORY = SERVICE.resource(
    Resource(
        name="repository",
        key=("repositoryName",),
        shapes=("RepositoryMetadata", "RepositoryNameIdPair"),
        make={
            "repositoryId": make.uuid_id(),
            "Arn": make.arn("codecommit", "{repositoryName}"),
            "accountId": make.account,
            "creationDate": make.now,
            "lastModifiedDate": make.now,
            "cloneUrlHttp": _clone_url("https"),
            "cloneUrlSsh": _clone_url("ssh"),
            "triggers": lambda _call, _record: [],
        },
        arn="Arn",
        tags="tags",
        create="CreateRepository",
        read="GetRepository",
        list="ListRepositories",
        update="UpdateRepositoryDescription",
        delete="DeleteRepository",
        ignored=("sortBy", "order"),
        on_delete=_dissociate,
        not_found="RepositoryDoesNotExistException",
        exists="RepositoryNameExistsException",
        not_emulated="git: a repository has no branches, commits or pull requests",
    )
)


@SERVICE.action("UpdateRepositoryName")
def _rename(call: Call) -> Any:
    old, new = call.params["oldName"], call.params["newName"]
    record = REPOSITORY.find(call, {"repositoryName": old})
    if (new,) in REPOSITORY.records(call):
        raise AwsError("RepositoryNameExistsException", f"Repository named {new} already exists")
    tags = call.store.tags.pop(record["Arn"])
    del REPOSITORY.records(call)[(old,)]
    record["repositoryName"] = new
    for name in ("Arn", "cloneUrlHttp", "cloneUrlSsh"):
        record[name] = REPOSITORY.make[name](call, record)
    REPOSITORY.records(call)[(new,)] = record
    call.store.tags[record["Arn"]] = tags
    return None


@SERVICE.action("UpdateRepositoryEncryptionKey")
def _change_key(call: Call) -> Any:
    record = REPOSITORY.find(call)
    answer = {"repositoryId": record["repositoryId"], "kmsKeyId": call.params["kmsKeyId"]}
    if "kmsKeyId" in record:
        answer["originalKmsKeyId"] = record["kmsKeyId"]
    record["kmsKeyId"] = call.params["kmsKeyId"]
    return answer


@SERVICE.action("UpdateDefaultBranch")
def _default_branch(call: Call) -> Any:
    """A repository without commits has no branches, so none of them can be the default."""
    REPOSITORY.find(call)
    raise AwsError("BranchDoesNotExistException", f"Branch {call.params['defaultBranchName']} does not exist")


@SERVICE.action("GetRepositoryTriggers", "PutRepositoryTriggers")
def _triggers(call: Call) -> Any:
    record = REPOSITORY.find(call)
    if "triggers" in call.params:
        record["triggers"] = list(call.params["triggers"])
        record["configurationId"] = make.uuid_id()(call, record)
        return {"configurationId": record["configurationId"]}
    return {"triggers": record["triggers"], **{k: record[k] for k in ("configurationId",) if k in record}}


SERVICE.covers(
    "repository, changes and triggers",
    "UpdateRepositoryName",
    "UpdateRepositoryEncryptionKey",
    "UpdateDefaultBranch",
    "GetRepositoryTriggers",
    "PutRepositoryTriggers",
    stored="name, key and triggers",
    not_emulated="pushes, which would fire the triggers; branches",
)


def _digest(call: Call, record: Record) -> None:
    content = record["approvalRuleTemplateContent"]
    record["ruleContentSha256"] = hashlib.sha256(content.encode()).hexdigest()
    record["lastModifiedDate"] = make.now()
    record["lastModifiedUser"] = f"arn:{call.partition}:iam::{call.account}:root"


TEMPLATE = SERVICE.resource(
    Resource(
        name="approval rule template",
        key=("approvalRuleTemplateName",),
        shapes=("ApprovalRuleTemplate",),
        inputs={"newRuleContent": "approvalRuleTemplateContent"},
        make={
            "approvalRuleTemplateId": make.uuid_id(),
            "creationDate": make.now,
            "repositories": lambda _call, _record: [],
        },
        create="CreateApprovalRuleTemplate",
        read="GetApprovalRuleTemplate",
        list="ListApprovalRuleTemplates",
        update="UpdateApprovalRuleTemplateContent",
        delete="DeleteApprovalRuleTemplate",
        on_create=_digest,
        on_update=_digest,
        not_found="ApprovalRuleTemplateDoesNotExistException",
        exists="ApprovalRuleTemplateNameAlreadyExistsException",
        not_emulated="pull requests, on which the rules would hold",
    )
)


@SERVICE.action("UpdateApprovalRuleTemplateDescription")
def _describe_template(call: Call) -> Any:
    record = TEMPLATE.find(call)
    record["approvalRuleTemplateDescription"] = call.params["approvalRuleTemplateDescription"]
    _digest(call, record)
    return TEMPLATE.answer(call, record)


@SERVICE.action("UpdateApprovalRuleTemplateName")
def _rename_template(call: Call) -> Any:
    old, new = call.params["oldApprovalRuleTemplateName"], call.params["newApprovalRuleTemplateName"]
    record = TEMPLATE.find(call, {"approvalRuleTemplateName": old})
    if (new,) in TEMPLATE.records(call):
        raise AwsError("ApprovalRuleTemplateNameAlreadyExistsException", f"{new} already exists")
    del TEMPLATE.records(call)[(old,)]
    record["approvalRuleTemplateName"] = new
    TEMPLATE.records(call)[(new,)] = record
    return TEMPLATE.answer(call, record)


@SERVICE.action("AssociateApprovalRuleTemplateWithRepository", "DisassociateApprovalRuleTemplateFromRepository")
def _associate(call: Call) -> Any:
    template, repository = TEMPLATE.find(call), REPOSITORY.find(call)["repositoryName"]
    others = [name for name in template["repositories"] if name != repository]
    joins = str(call.operation.name).startswith("Associate")
    template["repositories"] = [*others, repository] if joins else others
    return None


@SERVICE.action("ListAssociatedApprovalRuleTemplatesForRepository")
def _templates_of(call: Call) -> Any:
    repository = REPOSITORY.find(call)["repositoryName"]
    names = [
        template["approvalRuleTemplateName"]
        for template in TEMPLATE.records(call).values()
        if repository in template["repositories"]
    ]
    chosen, following = page(call, names)
    return {"approvalRuleTemplateNames": list(chosen), **following}


@SERVICE.action("ListRepositoriesForApprovalRuleTemplate")
def _repositories_of(call: Call) -> Any:
    chosen, following = page(call, TEMPLATE.find(call)["repositories"])
    return {"repositoryNames": list(chosen), **following}


SERVICE.covers(
    "approval rule template, changes and associations",
    "UpdateApprovalRuleTemplateDescription",
    "UpdateApprovalRuleTemplateName",
    "AssociateApprovalRuleTemplateWithRepository",
    "DisassociateApprovalRuleTemplateFromRepository",
    "ListAssociatedApprovalRuleTemplatesForRepository",
    "ListRepositoriesForApprovalRuleTemplate",
    stored="which template holds for which repository",
    not_emulated="pull requests",
)
SERVICE.tagging(Tagging(not_found="RepositoryDoesNotExistException"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
