"""What must be masked, and what must be left alone. Secrets are made up; tokens are put together from parts
so that scanners of source code have nothing to find."""

import pytest

from flowpilot.core.redaction import MASK, SecretMasker, mask_secrets

ALNUM = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYz"
HEX32 = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

MASKED = [
    ("the admin password is {}", "Summer2024!"),
    ("Password for the scanner account was {}.", "Sc4nner-Room"),
    ("I reset her password to {} and she could sign in", "Welcome1!"),
    ("password has been changed to {}", "Tr0ub4dor&3"),
    ("new password {} works", "Xk92!plm"),
    ('The password is now "{}" until Friday', "blue-Horse"),
    ("Passwort lautet {}", "Winter#2025"),
    ("Password: {}", "hunter"),
    ("pwd={}", "s3cr3t"),
    ("user=sa;password={};server=db01", "Q1w2e3r4"),
    ("DB_PASSWORD={}", "correcthorse"),
    ('$cred.Password = "{}"', "P4ss word"),
    ("login: backup / {}", "Bck!2023x"),
    ("voicemail PIN is {}", "4821"),
    ("net use Z: \\\\fs01\\share /user:CORP\\bob {}", "Passw0rd1"),
    ("net use Z: \\\\fs01\\share {} /user:CORP\\bob", "Passw0rd1"),
    ("net user localadmin {} /add", "Tmp#12345"),
    ("cmdkey /add:fs01 /user:bob /pass:{}", "letmein9"),
    ("psexec \\\\pc7 -u admin -p {} cmd", "Zx81spectrum"),
    ("mysql -u root -p{} shop", "rootpw99"),
    ("sshpass -p {} ssh root@10.0.0.1", "kl9-poi"),
    ("curl -u api:{} https://host.example/x", "9fj20dkq"),
    ('ConvertTo-SecureString "{}" -AsPlainText -Force', "Adm1n!Adm1n"),
    ("https://svc:{}@git.example.net/repo.git", "gh0stwr1ter"),
    ("Server=tcp:db;User ID=app;Pwd={};Encrypt=yes", "f00b4r!!"),
    ("AccountName=store;AccountKey={}==;EndpointSuffix=core", ALNUM * 2),
    ("Authorization: Bearer {}", ALNUM),
    ('-H "X-Api-Key: {}"', HEX32),
    ("api key is {}", HEX32),
    ("client_secret: {}", "abc8Q~" + ALNUM),
    ("key id {} in the log", "AKIA" + "QWERTYUIOPASDF23"),
    ("key id {} in the log", "AKIA" + "QWERTYUIOPASDF89"),
    ("the account {} of Twilio", "AC" + ALNUM[:32].lower()),
    ("Square said {}", "sq0" + "csp-" + ALNUM + ALNUM[:10]),
    ("Square said {}", "sq0" + "atp-" + ALNUM[:22]),
    ("Mailchimp took {}", ALNUM[:32].lower() + "-us12"),
    ("https://api.softlayer.com/soap/v3.1/{}", (ALNUM.lower() * 2)[:64]),
    ("token {} leaked", "ghp" + "_" + ALNUM + "abcd"),
    ("{} in #ops", "xox" + "b-1234567890-" + ALNUM),
    ("jwt {} expired", "ey" + "JhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + ALNUM),
    ("recovery key {} unlocked it", "-".join(["123456"] * 8)),
    ("Wi-Fi key: {}", "guestnet2024"),
    ("the pre-shared key is {}", "vpn-Tunnel-77"),
    ("set psksecret ENC {}", ALNUM),
    ("snmp-server community {} RO", "m0nitorMe"),
    ("community string is {}", "m0nitorMe"),
    ("enable secret 5 {}", "$1$mERr$hx5rVt7rPNoS4wqbXKX7m0"),
    ("<password>{}</password>", "xmlPass1"),
]

LEFT_ALONE = [
    "The password is incorrect and the account is locked.",
    "Password expired, so I asked the user to reset her password at the portal.",
    "password: required",
    "Password must be changed at next logon; password is 90 days old",
    "Password length is at least 14 characters",
    "Reset the password to unlock the account in Office365 and Outlook 2019.",
    "password hash synchronization is disabled in Entra Connect 2.1.20.0",
    "Enter your password: <your password>",
    "Password=$env:DB_PASSWORD; pwd=%PASSWORD%; password: ********",
    '$password = Get-Credential; $password = Read-Host "Password"',
    "The token is expired. The refresh token was revoked. Secret rotation is due.",
    "Object 3f2504e0-4f89-11d3-9a0c-0305e82c3301 was deleted",
    "ClientId: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "SID S-1-5-21-3623811015-3361044348-30300820-1013 has no profile",
    "Install KB5034441, then restart. Error 0x80070643 is gone.",
    "AADSTS50126: invalid username or password, code 50126",
    "Event ID 4625 with sub status 0xC000006A, driver 31.0.15.3623",
    "Culture=neutral, PublicKeyToken=b77a5c561934e089",
    "registry key HKLM\\Software\\Policies\\Microsoft, value 1",
    "net use Z: \\\\fs01\\share /persistent:yes",
    "net user bob /domain",
    "curl -u username:$TOKEN https://host.example",
    "ssh -p 2222 admin@10.0.0.1; ping -p 2",
    "https://host.example:8443/path?id=12",
    "The network key switch and the API key page were checked.",
    "Initial pass: Columns 1 to 8, second pass: the rest",
    "Bypass: enabled. Compass: north.",
    "Call 555-867-5309 ext 1234 at 10:45 about ticket T20240605.0012",
    "The user's passport and the passwordless sign-in were verified",
]


@pytest.mark.parametrize(("sentence", "secret"), MASKED, ids=[sentence[:40] for sentence, _secret in MASKED])
def test_secret_is_masked_and_its_sentence_kept(sentence: str, secret: str) -> None:
    masked = mask_secrets(sentence.format(secret))
    assert secret not in masked.text
    assert MASK.sub("{}", masked.text).replace("==", "") == sentence.replace("==", "")


@pytest.mark.parametrize("sentence", LEFT_ALONE)
def test_ordinary_text_stays_as_it_is(sentence: str) -> None:
    assert mask_secrets(sentence).text == sentence


def test_private_key_is_masked_as_a_whole_also_without_its_end() -> None:
    head, foot = "-----BEGIN RSA PRIVATE " + "KEY-----", "-----END RSA PRIVATE " + "KEY-----"
    body = "\n".join([ALNUM * 2] * 5)
    assert mask_secrets(f"key:\n{head}\n{body}\n{foot}\nthanks").text == "key:\n<SECRET_1>\nthanks"
    assert mask_secrets(f"key:\n{head}\n{body}").text == "key:\n<SECRET_1>"


def test_a_secret_once_found_is_masked_wherever_it_occurs_again() -> None:
    masked = mask_secrets("Tried Summer2024! twice. The password is Summer2024! now; pwd=Other77x")
    assert masked.text == "Tried <SECRET_1> twice. The password is <SECRET_1> now; pwd=<SECRET_2>"


def test_spans_say_where_the_masks_stand_and_which_rule_put_them_there() -> None:
    masked = mask_secrets("pwd=abc123; the PIN is 4821")
    assert [(masked.text[span.start : span.end], span.rule) for span in masked.spans] == [
        ("<SECRET_1>", "password_assigned"),
        ("<SECRET_2>", "password_digits"),
    ]


def test_one_masker_numbers_the_secrets_of_several_texts_together() -> None:
    masker = SecretMasker()
    assert masker.mask("pwd=Abc12345").text == "pwd=<SECRET_1>"
    assert masker.mask("it was Abc12345, now pwd=Def67890").text == "it was <SECRET_1>, now pwd=<SECRET_2>"


def test_masking_again_changes_nothing_and_new_secrets_get_new_numbers() -> None:
    once = mask_secrets("the password is Summer2024!").text
    assert mask_secrets(once).text == once
    assert mask_secrets(f"{once} and pwd=Def67890").text == "the password is <SECRET_1> and pwd=<SECRET_2>"


def test_secret_in_a_text_whose_lower_case_is_longer_is_found() -> None:
    assert mask_secrets("İ" * 200 + " pwd=Def67890").text == "İ" * 200 + " pwd=<SECRET_1>"


@pytest.mark.parametrize(
    "bait",
    ["password is ", "-----BEGIN PRIVATE KEY-----", "net use \\\\a\\b ", "pwd=", 'key="', "eyJ", "://a:"],
)
def test_repeated_beginnings_of_secrets_are_read_to_the_end(bait: str) -> None:
    text = bait * 4000
    assert len(MASK.sub("", mask_secrets(text).text)) <= len(text)
