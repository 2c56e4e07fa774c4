"""`manage.py ai_check`: with a double, without a key, and by hand with the real vendor."""

import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from flowpilot.accounts.models import Account
from flowpilot.ai.models import AICall
from tests.ai.wire.test_analysis import finding, node
from tests.ai.wire.vendor import ESCALATE, GUIDE, SCRIPT, TRIAGE, Vendor
from tests.factories import Cast

NODES = [
    node("n1", "question", "Is there toner?", [("Yes", "n2"), ("No", "n3")], ["s1.text"]),
    node("n2", "resolution", "Replace it", [], ["s1.resolution"]),
    node("n3", "escalation", "Order it", [], []),
]


def said(**options: object) -> str:
    out = StringIO()
    call_command("ai_check", stdout=out, **options)
    return out.getvalue()


def test_without_a_key_it_says_so_in_one_line(cast: Cast) -> None:
    with pytest.raises(CommandError, match="^There is no key: set FLOWPILOT_ANTHROPIC_API_KEY or") as raised:
        said()

    assert raised.value.returncode == 1


def test_what_is_switched_off_is_not_asked(cast: Cast, vendor: Vendor, settings: Settings) -> None:
    settings.AI_ENABLED = False
    with pytest.raises(CommandError, match="^Models are switched off on this installation"):
        said()

    settings.AI_ENABLED = True
    Account.objects.filter(pk=cast.account.pk).update(ai_mode=Account.AiMode.OFFLINE)
    with pytest.raises(CommandError, match=f"^The account '{cast.account.slug}' keeps to the rules"):
        said(account=cast.account.slug)

    assert (vendor.asked, AICall.objects.count()) == ([], 0)


def test_each_job_is_asked_once_and_its_use_printed(cast: Cast, vendor: Vendor) -> None:
    for answer in (TRIAGE, GUIDE, SCRIPT, ESCALATE, finding(nodes=NODES)):
        vendor.says(answer)

    lines = said().splitlines()

    assert [line.split()[:2] for line in lines[:5]] == [
        [job, "ok"] for job in ("triage", "guide", "script", "escalate", "analyse")
    ]
    assert "in 200  cache read 1000  written 0  out 50  $0.000055" in " ".join(lines[0].split(" "))
    assert lines[5] == "Each job works."
    assert AICall.objects.count() == 5


def test_a_job_that_does_not_work_is_named(cast: Cast, vendor: Vendor) -> None:
    vendor.fails(404, "not_found_error")
    for answer in (GUIDE, SCRIPT, ESCALATE, finding(nodes=NODES)):
        vendor.says(answer)

    with pytest.raises(CommandError, match="^These jobs do not work: triage.$"):
        said()


def test_an_account_that_is_not_there_is_named(cast: Cast, vendor: Vendor) -> None:
    with pytest.raises(CommandError, match="no account named 'nobody'"):
        said(account="nobody")


@pytest.mark.live
@pytest.mark.enable_socket
@pytest.mark.skipif("FLOWPILOT_LIVE_KEY" not in os.environ, reason="no key in FLOWPILOT_LIVE_KEY")
def test_the_real_vendor_answers_each_job(cast: Cast, settings: Settings) -> None:
    settings.ANTHROPIC_API_KEY = os.environ["FLOWPILOT_LIVE_KEY"]
    settings.ANTHROPIC_BASE_URL = "https://api.anthropic.com"

    assert said().endswith("Each job works.\n")
