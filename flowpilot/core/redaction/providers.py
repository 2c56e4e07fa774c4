"""The token patterns that detect-secrets keeps, as a second look beside our own.

Its plugins are asked through `analyze_string`; its own scan of a line would add guesses by entropy. A plugin
sees only short pieces around one of its hints: some of its patterns take quadratic time. Left out are those
that give back only a token's beginning (GitHub, GitLab) or take what people fill in (Slack): ours cover them.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from flowpilot.core.redaction.values import is_fill_in

PIECE: Final = 512
"""Characters that a plugin is given at a time; two neighbours share `REACH`."""
REACH: Final = 128


class Provider(NamedTuple):
    name: str
    hints: tuple[str, ...]
    plugin: RegexBasedDetector


class Found(NamedTuple):
    start: int
    end: int
    name: str


PROVIDERS: Final = (
    Provider("aws_key_id", ("A3T", "ABIA", "ACCA", "AKIA", "ASIA"), AWSKeyDetector()),
    Provider("azure_storage_key", ("AccountKey=",), AzureStorageKeyDetector()),
    Provider("cloudant", ("cloudant", "CLOUDANT"), CloudantDetector()),
    Provider("ibm_cos", ("cos_", "cos-", "COS_"), IbmCosHmacDetector()),
    Provider("jwt", ("eyJ",), JwtTokenDetector()),
    Provider("mailchimp", ("-us",), MailchimpDetector()),
    Provider("openai", ("T3BlbkFJ",), OpenAIDetector()),
    Provider("pypi", ("pypi-AgE",), PypiTokenDetector()),
    Provider("sendgrid", ("SG.",), SendGridDetector()),
    Provider("softlayer", ("softlayer", "SOFTLAYER"), SoftlayerDetector()),
    Provider("square", ("sq0csp-",), SquareOAuthDetector()),
    Provider("stripe", ("k_live_",), StripeDetector()),
    Provider("telegram", (":A",), TelegramBotTokenDetector()),
    Provider("twilio", ("AC", "SK"), TwilioKeyDetector()),
)


def provider_secrets(text: str) -> Iterator[Found]:
    """What the plugins find; one secret may come several times."""
    for provider in PROVIDERS:
        for offset in _pieces(text, provider.hints):
            piece = text[offset : offset + PIECE]
            for value in provider.plugin.analyze_string(piece):
                start = text.find(value, offset)
                if not is_fill_in(value) and _alone(text, start, start + len(value)):
                    yield Found(start, start + len(value), provider.name)


def _alone(text: str, start: int, end: int) -> bool:
    """Whether what was found is no part of a longer word, such as a sequence of bases or a checksum."""
    return not (text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum())


def _pieces(text: str, hints: tuple[str, ...]) -> Iterator[int]:
    for hint in hints:
        position, covered = text.find(hint), -1
        while position >= 0:
            offset = max(0, position - REACH, covered - REACH)
            yield offset
            covered = offset + PIECE
            position = text.find(hint, max(position + len(hint), covered - REACH))
