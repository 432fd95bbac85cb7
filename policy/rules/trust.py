"""Who may take on a role."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy import tokens as t
from policy.arns import has_wildcard
from policy.documents import Statement, statements
from policy.grammar import Kind
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.stack import Stack

RULES = Rules("IAM")

# IAM User Guide, "Configuring a role for GitHub OIDC": without a condition on `sub` every repository of everybody may
# take the role on. Providers that serve one customer alone, as that of an EKS cluster, are held to the same.
_UNTOLD = "the provider"
# GitHub Docs, "OpenID Connect reference", "Customizing the subject claims": a repository that puts another claim first,
# such as workflow or environment, chooses its text, and so can repeat the subject of any other repository.
_GITHUB = "token.actions.githubusercontent.com"
_GITHUB_CLAIMS = frozenset(
    {
        "repo",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "job_workflow_ref",
        "enterprise",
        "enterprise_id",
    }
)
# Providers that everybody shares, and whose audience says for which application a token is.
_AUDIENCE = {
    "cognito-identity.amazonaws.com": "aud",
    "accounts.google.com": "aud",
    "graph.facebook.com": "app_id",
    "www.amazon.com": "app_id",
}


@RULES.joined(
    t.ROLE,
    id="role-trust-limited",
    title="Trust policies name fixed principals",
    remediation="Name the principals. Tie an OIDC provider to a subject, SAML to its audience, and another account to "
    "sts:ExternalId or your organization.",
    needs=("assumeRolePolicy",),
    parameters={
        "accounts": Parameter(
            "array", [], "Other accounts of your own that need no ExternalId, by number.", items="string"
        )
    },
)
def trust_limited(role: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Everyone who can assume a role has its permissions.

    Refused are: everyone; a federation without a fixed provider, subject or audience; another account without
    ExternalId. A condition value with a wildcard in the account or in the owner of a repository fixes nothing.
    """
    own = stack.accounts | set(map(str, parameters["accounts"]))
    for statement in statements(role.document("assumeRolePolicy"), "assumeRolePolicy", Kind.TRUST):
        if statement.allows:
            for problem in _problems(statement, own):
                yield f"{statement.label} {problem}"


def _problems(statement: Statement, own: frozenset[str]) -> Iterator[str]:
    if statement.anyone:
        yield "lets everyone assume it"
        return
    for principal in statement.who:
        if principal.kind == "Federated":
            if problem := _federation(principal.value, statement):
                yield problem
        elif principal.kind == "AWS" and own:
            account = principal.account
            if account is not None and account not in own and not _external(statement):
                yield f"lets account {account} assume it without sts:ExternalId"
    if statement.to_everybody and own:
        strangers = sorted(set(statement.conditions.accounts or ()) - own)
        if strangers and not _external(statement):
            yield f"lets account {', '.join(strangers)} assume it without sts:ExternalId"


def _external(statement: Statement) -> bool:
    """Whether the caller must give a fixed ExternalId, or be of a fixed organization."""
    conditions = statement.conditions
    given = conditions.fixes("sts:ExternalId")
    if given and all(value and not has_wildcard(value) for value in given):
        return True
    organizations = [conditions.fixes(key) for key in ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths")]
    return any(values and all(_is_organization(value) for value in values) for values in organizations)


def _is_organization(value: str) -> bool:
    """Whether an organization's id, or the path of one of its units, names one organization."""
    name = value.partition("/")[0]
    return bool(name) and not set(name) & set("*?")


def _federation(provider: str, statement: Statement) -> str | None:
    """Why a federation is not limited, None where it is."""
    if provider.strip() in ("*", "") or re.search(r":(saml|oidc)-provider/\*?$", provider):
        return "trusts every identity provider"
    if ":saml-provider/" in provider or "::SamlProvider" in provider or "samlProvider" in provider:
        audience = statement.conditions.fixes("SAML:aud") or statement.conditions.fixes("SAML:iss")
        fixed = audience and all(value and not has_wildcard(value) for value in audience)
        return None if fixed else "trusts SAML of any audience"
    host = _host(provider)
    if host is None:
        return None
    subject = _claim(statement, host, "sub")
    named = _AUDIENCE.get(host.partition("/")[0])
    if named is not None:
        audience = _claim(statement, host, named)
        fixed = audience and all(value and not has_wildcard(value) for value in audience)
        return None if fixed else f"trusts {host} without a fixed {named}"
    if subject is None:
        return f"trusts every subject of {host}"
    if host == _GITHUB and (claim := next((c for value in subject if (c := _free_claim(value))), None)):
        return f"trusts subjects of {host} that begin with {claim}, which any repository can choose"
    if not all(_fixed_subject(value) for value in subject):
        return f"trusts subjects of {host} without a fixed owner: {', '.join(subject)}"
    return None


def _free_claim(subject: str) -> str | None:
    """The first claim of a GitHub subject where it does not fix the repository or its owner."""
    first = subject.partition(":")[0]
    return first if subject.strip("*?") and first not in _GITHUB_CLAIMS else None


def _claim(statement: Statement, host: str, claim: str) -> tuple[str, ...] | None:
    """The values that a claim must have. A reference to the provider's URL stands for the host."""
    exact = statement.conditions.fixes(f"{host}:{claim}")
    if exact is not None:
        return exact
    for test in statement.conditions.tests:
        if test.key.endswith(f":{claim}") and ("${" in test.key or host == _UNTOLD):
            return statement.conditions.fixes(test.key)
    return None


def _host(provider: str) -> str | None:
    """The host of an OIDC provider, None where the plan alone does not tell it."""
    if ":oidc-provider/" in provider:
        return provider.partition(":oidc-provider/")[2]
    if provider.startswith("${"):
        return _UNTOLD
    return provider if "." in provider else None


def _fixed_subject(subject: str) -> bool:
    """Whether a subject fixes its owner: the first two parts of `repo:owner/name:...` have no wildcard in the owner."""
    if not subject.strip("*?"):
        return False
    head = subject.split("*")[0].split("?")[0]
    if head == subject:
        return True
    if subject.startswith(("repo:", "project_path:", "organization:", "organization/")):
        owner = re.split(r"[:/]", subject, maxsplit=2)[1]
        return bool(owner) and not set(owner) & set("*?")
    # `system:serviceaccount:namespace:*` of one cluster: the namespace must be fixed.
    if subject.startswith("system:"):
        return bool(re.match(r"system:serviceaccount:[^:*?]+:", subject))
    # A claim without a fixed beginning of its value (`enterprise:*`) holds for everybody.
    return bool(re.search(r"[:/][^:/]", head))
