"""Formats by which a credential is known, whatever it is called.

The formats are those of the default rules of gitleaks 8 (github.com/gitleaks/gitleaks, config/gitleaks.toml of
2026-07-22) and of the detectors of detect-secrets 1.5 that begin with a fixed text, and of AWS (IAM User Guide, "IAM
identifiers"), PEM (RFC 7468) and JWT (RFC 7519). Lengths are lower bounds: a key that is cut short in a plan is a key
that somebody meant.
"""

from __future__ import annotations

import re

_TOKENS = (
    # AWS: access keys, keys of Bedrock, signatures of presigned requests.
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    r"(?i:secret_?access_?key)\W{1,5}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
    r"\bABSK[A-Za-z0-9+/]{100,}|\bbedrock-api-key-\w{10,}",
    r"[?&](?:X-Amz-Signature|X-Goog-Signature|sig)=[\w%+/=-]{16,}",
    # Keys and tokens of a public format.
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    r"\beyJ[\w-]{4,}\.[\w-]{3,}\.[\w-]*",
    r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    # Azure, Google, DigitalOcean, Cloudflare, Alibaba, Heroku, Fly.
    r"\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{40,}|\b\w{3}\dQ~[\w.~-]{31,}",
    r"\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{20,}",
    r"\bdo[opr]_v1_[a-f0-9]{32,}|\bv1\.0-[a-f0-9]{24}-[a-f0-9]{40,}|\bLTAI[A-Za-z0-9]{16,}",
    r"\bHRKU-[\w-]{30,}|\bfo1_[\w-]{40,}|\bfm\d[ar]?_[A-Za-z0-9+/]{40,}",
    # Code, packages, images and builds.
    r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}",
    r"\bgl(?:pat|ptt|dt|rt|cbt|ft|fct|ffct|imt|soat|agent|oas)-[\w-]{20,}|\bGR1348941[\w-]{20,}",
    r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-AgE[\w-]{20,}|\brubygems_[a-f0-9]{40,}|\bCLOJARS_[a-z0-9]{50,}",
    r"\bdckr_(?:pat|oat)_[\w-]{20,}|\bAKCp[A-Za-z0-9]{40,}|\bcmVmd[A-Za-z0-9]{50,}",
    r"\bsgp_[\w]{40,}|\bpnu_[A-Za-z0-9]{30,}|\brdme_[a-z0-9]{40,}|\bAPI-[A-Z0-9]{26}\b|\bsqu_[a-f0-9]{40}\b",
    # Infrastructure: Pulumi, Terraform Cloud, Vault, Doppler, Databricks, PlanetScale, 1Password, OpenShift, Harness.
    r"\bpul-[a-f0-9]{40}\b|\b\w{14}\.atlasv1\.[\w-]{40,}|\bhv[sbr]\.[\w-]{20,}|(?<![\w.])s\.[A-Za-z0-9]{24}(?![\w.])",
    r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{30,}|\bdapi[a-f0-9]{32}|\bpscale_(?:tkn|oauth|pw)_[\w=.-]{20,}",
    r"\bA3-[A-Z0-9]{6}-[A-Z0-9-]{20,}|\bops_eyJ[\w+/-]{40,}|\bsha256~[\w-]{43}|\b[ps]at\.[\w-]{22}\.\w{24}\.\w{20}",
    # Observation: Grafana, New Relic, Dynatrace, Sentry, Datadog's own have no prefix.
    r"\bglsa_\w{20,}|\bglc_[A-Za-z0-9+/=]{20,}|\bNR(?:AK|II|AA|BR|RA)-[\w-]{20,}|\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.",
    r"\bsntry[su]_[\w+/=]{20,}",
    # Messages and mail: Slack, Teams, Discord, Telegram, Twilio, SendGrid, Mailgun, Mailchimp, Brevo.
    r"\bxox[abeoprs](?:\.xox[bp])?-[\w-]{8,}|\bxapp-\d-\w+-\d+-\w+",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]{8,}",
    r"\.webhook\.office\.com/webhookb2/[\w@/-]{36,}|discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}",
    r"\b[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{25,40}|\b\d{8,10}:AA[\w-]{30,}|\bSK[0-9a-fA-F]{32}\b",
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}|\bkey-[0-9a-z]{32}\b|\b[0-9a-f]{32}-us\d{1,2}\b|\bxkeysib-[a-f0-9]{40,}",
    # Payments and shops: Stripe, Square, Shopify, PayPal's Braintree, Shippo, Flutterwave, EasyPost, Duffel.
    r"\b[rs]k_(?:live|test|prod)_\w{4,}|\bwhsec_[\w+/=]{12,}|\bsq0[a-z]{3}-[\w-]{20,}|\bEAAA[\w-]{40,}",
    r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|\baccess_token\$\w+\$\w{16}\$[0-9a-f]{32}|\bshippo_(?:live|test)_\w{20,}",
    r"\bFLWSECK(?:_TEST)?-\w{12,}|\bEZ[AT]K[A-Za-z0-9]{40,}|\bduffel_(?:live|test)_[\w=-]{20,}",
    # Language models.
    r"\bsk-(?:proj-|ant-|svcacct-|admin-|or-)?[\w-]{32,}|\bhf_[A-Za-z]{30,}|\bapi_org_[A-Za-z]{30,}",
    r"\bpplx-\w{40,}|\bgsk_\w{40,}",
    # Offices: Linear, Notion, Airtable, Postman, Adobe, MaxMind.
    r"\blin_(?:api|oauth)_[A-Za-z0-9]{30,}|\bntn_\w{40,}|\bsecret_[A-Za-z0-9]{40,}|\bpat\w{14}\.[a-f0-9]{40,}",
    r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{30,}|\bp8e-[a-z0-9]{32}\b|\b\w{6}_\w{29}_mmk\b|\bico-[A-Za-z0-9]{32}\b",
)
FORMAT = re.compile("|".join(_TOKENS))
"""A credential of a known format, anywhere in a text."""

URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/?#@:]*:(?P<value>[^\s/?#@]+)@", re.IGNORECASE)
"""A URL with a password; `value` is the password."""

_STEM = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key)"
PAIR = re.compile(
    rf"(?:^|[\s;&?,\"'{{])[\w.-]*?{_STEM}[\"']?\s*=\s*(?P<value>[^\s;&,]+)"
    rf"|(?:^|\s)--?[\w.-]*?{_STEM}\s+(?P<argument>[^\s-]\S*)",
    re.IGNORECASE,
)
"""A password that a connection string, a query or a command line gives: `PWD=...;`, `--password ...`."""

HEADER = re.compile(r"\b(?:Basic|Bearer)\s+(?P<value>[A-Za-z0-9+/=_.-]{12,})")
"""A header that authorises a request."""
