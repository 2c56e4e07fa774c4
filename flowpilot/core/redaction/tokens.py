"""Secrets known by their own shape, and addresses that carry one. To add a kind, add a row."""

from flowpilot.core.redaction.rule import Accept, Rule, rule
from flowpilot.core.redaction.values import is_filled_in, is_in_address, is_token


def _token(name: str, hints: str, pattern: str, accept: Accept = is_token) -> Rule:
    """A token known by its own shape: case matters, and it stands alone."""
    return rule(
        name,
        hints,
        rf"(?<![A-Za-z0-9_-])(?P<secret>{pattern})(?![A-Za-z0-9_~-])",
        accept,
        flags=0,
        exact=True,
    )


SHAPES: tuple[Rule, ...] = (
    rule(
        "private_key",
        "private key",
        r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S]){1,20000}"
        r"(?:-----END [A-Z0-9 ]{0,60}-----)?)",
    ),
    rule(
        "putty_key",
        "private-lines:",
        r"Private-Lines: \d{1,4}\s{1,4}(?P<secret>(?:[A-Za-z0-9+/=]{1,80}\s{1,2}){1,400})",
    ),
    rule("bitlocker_recovery", "-", r"(?P<secret>\d{6}(?:-\d{6}){7})(?![\d-])"),
    rule(
        "dpapi_blob", "d08c9ddf0115", r"(?P<secret>01000000d08c9ddf0115d1118c7a00c04fc297eb[0-9a-f]{8,20000})"
    ),
    rule(
        "password_hash",
        "$",
        r"(?P<secret>\$(?:2[abxy]|[156y]|apr1|argon2i?d?|pbkdf2[\w-]{0,16})\$[^\s:\"']{16,300})",
    ),
    rule(
        "product_key",
        "-",
        r"(?<![A-Za-z0-9-])(?P<secret>(?=[A-Z-]{0,29}\d)(?=[0-9-]{0,29}[A-Z])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4})"
        r"(?![A-Za-z0-9-])",
        is_token,
        flags=0,
    ),
    rule("pwdump", ":::", r":(?P<secret>[0-9a-f]{32}:[0-9a-f]{32}):::"),
    _token("jwt", "eyJ", r"eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,20000}(?:\.[A-Za-z0-9_-]{0,4000})?"),
    _token(
        "aws_key_id",
        "A3T|AKIA|ASIA|ABIA|ACCA",
        r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        is_filled_in,
    ),
    _token("aws_bedrock", "ABSK", r"ABSK[A-Za-z0-9+/]{60,300}={0,2}"),
    _token("azure_client_secret", "Q~", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"),
    _token(
        "github",
        "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
        r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}",
    ),
    _token(
        "gitlab",
        "glpat-|gldt-|glrt-|glcbt-|glptt-|glft-|glsoat-|glagent-|gloas-|glimt-",
        r"gl(?:pat|dt|rt|cbt|ft|soat|imt)-[A-Za-z0-9_=.-]{20,300}|glptt-[\w-]{40}|glagent-[\w-]{50,300}"
        r"|gloas-[\w-]{64}",
    ),
    _token(
        "slack",
        "xox|xapp-",
        r"xox[abeoprs](?:\.xox[bp])?-(?=[A-Za-z0-9-]{0,24}\d{6}|\d-[A-Za-z0-9]{50})[A-Za-z0-9-]{16,300}"
        r"|xapp-\d-[A-Za-z0-9-]{10,300}",
    ),
    _token("google_api", "AIza", r"AIza[A-Za-z0-9_-]{35}"),
    _token("google_oauth", "GOCSPX-|ya29.", r"GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,2000}"),
    _token(
        "stripe",
        "_live_|_test_|_prod_|whsec_",
        r"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,200}|whsec_[A-Za-z0-9+/=]{24,80}",
    ),
    _token("square", "sq0", r"sq0(?:csp-[A-Za-z0-9_-]{43}|atp-[A-Za-z0-9_-]{22})"),
    _token("twilio", "AC|SK", r"(?:AC|SK)(?=[a-z]{0,31}\d)[0-9a-z]{32}"),
    _token("sendgrid", "SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _token("npm", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _token("pypi", "pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    _token("openai", "sk-", r"sk-(?!ant-)[A-Za-z0-9_-]{20,300}"),
    _token("anthropic", "sk-ant-", r"sk-ant-[a-z]{3,8}\d\d-[A-Za-z0-9_-]{20,300}"),
    _token("digitalocean", "_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    _token("hugging_face", "hf_|api_org_", r"(?:hf|api_org)_[A-Za-z]{34}"),
    _token("vault", "hvb.|hvs.|hvr.", r"hv[bsr]\.[A-Za-z0-9_-]{24,300}"),
    _token(
        "vault_old",
        "s.",
        r"s\.(?=[A-Za-z]{0,24}\d)(?=[A-Z0-9]{0,24}[a-z])(?=[a-z0-9]{0,24}[A-Z])[A-Za-z0-9]{24}",
    ),
    _token("databricks", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    _token("atlassian", "3xFf|ATBB", r"AT(?:ATT|CTT|BBT)?3xFf[A-Za-z0-9_=-]{60,300}|ATBB[A-Za-z0-9]{24,60}"),
    _token("shopify", "shpat_|shpca_|shppa_|shpss_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _token("grafana", "glsa_|glc_", r"gl(?:sa|c)_[A-Za-z0-9_+/=]{32,400}"),
    _token("new_relic", "NRAK|NRJS|NRII|NRSP|NRIQ", r"NR(?:AK|JS|II|SP|IQ)-[A-Za-z0-9_-]{16,64}"),
    _token("one_password", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/=_-]{100,4000}"),
    _token(
        "one_password_secret",
        "A3-",
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
    ),
    _token("age", "AGE-SECRET", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    _token(
        "linear_postman_figma",
        "lin_api_|PMAK-|figd_",
        r"lin_api_[A-Za-z0-9]{40}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|figd_[A-Za-z0-9_-]{40}",
    ),
    _token("telegram", ":A", r"\d{8,10}:A[A-Za-z0-9_-]{34}"),
    _token("discord", "M|N|O", r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}"),
    _token("facebook_app", "facebook|FACEBOOK|Facebook|fb", r"\d{13,17}\|[A-Za-z0-9_-]{27}"),
    _token("facebook_page", "EAA", r"EAA[MC][A-Za-z0-9]{100,300}"),
    _token("mailchimp", "-us", r"[a-z0-9]{32}-us\d{1,2}"),
    _token("gitlab_runner", "GR1348941", r"GR1348941[A-Za-z0-9_-]{20,50}"),
    _token("intra42", "s-s4t2", r"s-s4t2(?:ud|af)-[a-f0-9]{64}"),
    _token("notion", "ntn_", r"ntn_\d{10,12}[A-Za-z0-9]{35}"),
    _token("sourcegraph", "sgp_", r"sgp_(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}"),
    _token("openshift", "sha256~", r"sha256~[A-Za-z0-9_-]{43}"),
)

ADDRESSES: tuple[Rule, ...] = (
    rule(
        "url_credentials",
        "://",
        r"\b[a-z][a-z0-9+.-]{1,24}://[^\s:/@\"'<>]{0,128}:(?P<secret>[^\s/@\"'<>]{1,256})@",
        is_in_address,
    ),
    rule(
        "softlayer_address",
        "api.softlayer",
        r"api\.softlayer\.com/soap/v3(?:\.1)?/(?P<secret>[a-z0-9]{64})",
    ),
    rule(
        "slack_hook",
        "hooks.slack",
        r"hooks\.slack\.com/(?:services|workflows)/(?P<secret>[A-Za-z0-9+/]{40,80})",
    ),
    rule(
        "teams_hook",
        "webhook",
        r"webhook\.office(?:365)?\.com/webhook(?:b2)?/(?P<secret>[A-Za-z0-9@/-]{60,300})",
    ),
    rule(
        "discord_hook",
        "webhooks/",
        r"discord(?:app)?\.com/api/webhooks/\d{15,25}/(?P<secret>[\w-]{50,100})",
    ),
    rule("query_signature", "sig", r"[?&;](?:sig|signature|code)=(?P<secret>[A-Za-z0-9%+/_=-]{24,300})"),
    rule("otpauth", "otpauth:", r"otpauth://[^\s\"'<>]{1,300}?secret=(?P<secret>[A-Z2-7]{8,128})"),
)
