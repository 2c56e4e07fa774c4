"""Names of people, machines and lines stay here: placeholders leave, and answers come back with the names."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.accounts.models import Account
from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.anthropic.identifiers import MARK, Identifiers
from tests.ai.requests import a_script, a_session, a_triage
from tests.ai.wire.vendor import SCRIPT, TRIAGE, Vendor
from tests.factories import Cast

TICKET = (
    "User: Jane Doe cannot reach \\\\FS01\\sales from PC-0815 (10.20.30.40). jane.doe@contoso.com, "
    "+49 221 1234567. The server is fs02.contoso.com. Thanks,\nJane Doe"
)
NAMES = (
    "Jane Doe",
    "FS01",
    "PC-0815",
    "10.20.30.40",
    "jane.doe@contoso.com",
    "+49 221 1234567",
    "fs02.contoso.com",
)


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_name_is_taken_out_and_put_back(name: str) -> None:
    names = Identifiers()
    masked = names.mask(TICKET)
    assert name not in masked
    assert names.restored(masked) == TICKET


def test_a_mark_comes_back_however_its_signs_are_escaped() -> None:
    names = Identifiers()
    names.mask("Nothing answers at PC-0815")

    assert json.loads(names.restored_json('{"say": "\\u003cHOST_1\\u003E, \\u003CHOST_1>"}')) == {
        "say": "PC-0815, PC-0815"
    }


@pytest.mark.parametrize(
    "text",
    [
        "KB5034441 fails with 0x80070643 and event 4625 since build 10.0.19045.3803",
        "S-1-5-21-3623811015-3361044348-30300820-1013 and 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "Version 16.0.1.2 of Outlook, TLS 1.2, ISO-27001, USB-C, 1.1.1.1 answers",
        "HTTP 503 at 12:30:45 on 2026-11-22, 100% of 4 GB",
    ],
)
def test_what_an_answer_rests_on_stays(text: str) -> None:
    assert Identifiers().mask(text) == text


def test_one_name_has_one_number_however_it_is_spelt_and_more_text_changes_none() -> None:
    first, second = Identifiers(), Identifiers()
    short = first.mask("Mail to a.b@contoso.com and c.d@contoso.com")
    longer = second.mask("Mail to a.b@contoso.com and c.d@contoso.com")
    assert second.mask("A.B@contoso.com, e.f@contoso.com") == "<MAIL_1>, <MAIL_3>"
    assert short == longer == "Mail to <MAIL_1> and <MAIL_2>"


@settings(max_examples=80)
@given(
    st.lists(
        st.sampled_from([*NAMES, "and", "\n", "Jane", "contoso.com", "<HOST_1", "10.20.30.4"]), max_size=12
    )
)
def test_whatever_is_masked_comes_back_as_it_was_but_for_its_case(words: list[str]) -> None:
    names, text = Identifiers(), " ".join(words)
    assert names.restored(names.mask(text)).lower() == text.lower()


def test_a_name_with_quotes_comes_back_as_valid_json() -> None:
    names = Identifiers()
    names.mask("User: Pat O'Neil")
    assert json.loads(names.restored_json('{"say": "Ask <PERSON_1>"}')) == {"say": "Ask Pat O'Neil"}


def test_no_name_leaves_and_the_answer_has_them_again(cast: Cast, vendor: Vendor) -> None:
    marks = Identifiers()
    marks.mask(TICKET)
    vendor.says({**TRIAGE, "summary": "<PERSON_1> cannot reach the share."})
    result = AnthropicEngine(cast.account).triage(a_triage(TICKET))
    sent = json.dumps(vendor.asked[0], ensure_ascii=False)
    assert [name for name in NAMES if name in sent] == []
    assert MARK.search(sent)
    assert result.summary == "Jane Doe cannot reach the share."


def test_a_script_has_the_machines_name_in_it(cast: Cast, vendor: Vendor) -> None:
    request = a_script().model_copy(update={"session": a_session(text="FS01 does not answer.")})
    vendor.says({**SCRIPT, "body": "Test-NetConnection -ComputerName <HOST_1>"})
    assert AnthropicEngine(cast.account).script(request).body == "Test-NetConnection -ComputerName FS01"


def test_an_account_that_wants_it_sends_the_names(cast: Cast, vendor: Vendor) -> None:
    Account.objects.filter(pk=cast.account.pk).update(redact_identifiers=False)
    cast.account.refresh_from_db()
    vendor.says(TRIAGE)
    AnthropicEngine(cast.account).triage(a_triage(TICKET))
    assert "PC-0815" in json.dumps(vendor.asked[0])
