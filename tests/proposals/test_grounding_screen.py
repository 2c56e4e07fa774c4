"""Where a step comes from, and what is in no source, on the pages of the review and of the library."""

from typing import Any

import pytest
from django.urls import reverse

from flowpilot.ai.contracts import SourceSpan
from proposals import excerpts
from proposals.evidence import origins_of
from proposals.facts import ended
from proposals.grounding import grounding_json
from proposals.models import FlowProposal, ProposalDecision
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_resolved, redraft, small_tree
from tests.screens import HTMX, at, send, signed_in, status_of, text, words

MADE_UP = "Invoke-FrobnicateCache"


def grounded(cast: Cast) -> FlowProposal:
    """A proposal whose second step comes from the resolution and names a command that nobody used."""
    proposal = make_proposal(cast)
    tree: Any = small_tree().to_json()
    tree["nodes"][1]["body"] = f"Run `{MADE_UP}`."
    evidence = proposal.evidence.first()
    assert evidence is not None
    span = {"session": str(evidence.session_id), "step": None, "field": "resolution", "start": 4, "end": 17}
    redraft(
        proposal, tree, grounding={"sources": {"n2": [span]}, "counts": {}, "unsourced": {"n2": [MADE_UP]}}
    )
    return proposal


def test_a_step_shows_its_source_word_for_word(cast: Cast) -> None:
    proposal = grounded(cast)
    client = signed_in(cast.team_admin)

    shown = text(client.get(at("sources", proposal) + "?node=n2", headers=HTMX))

    assert "The <mark>print spooler</mark> had stopped" in shown
    assert client.get(at("sources", proposal) + "?node=n99").status_code == 404


@pytest.mark.parametrize(("engine", "invented"), [("offline", False), ("anthropic", True), (None, False)])
def test_who_put_the_problem_in_words_is_known_to_the_analysis(
    cast: Cast, engine: str | None, invented: bool
) -> None:
    session = make_resolved(cast, problem_summary="It says 0x8BADF00D")
    session.described_by = {"engine": engine} if engine else None
    session.save()

    ((_row, told),) = ended(cast.account.pk, [session.pk])

    assert (told.title, told.title_from_model) == ("It says 0x8BADF00D", invented)


def test_only_the_sessions_of_what_is_shown_are_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = grounded(cast)
    grounding: Any = proposal.current_draft.grounding
    (span,) = grounding["sources"]["n2"]
    other = make_resolved(cast)
    spans = [span, {**span, "session": str(other.pk)}]
    monkeypatch.setattr(excerpts, "SHOWN", 1)

    found = excerpts.excerpts({"sources": {"n2": spans}}, "n2", cast.team_admin)

    assert ([str(one.session.id) for one in found.shown], found.more) == ([span["session"]], 1)


def test_words_that_a_second_resolution_replaced_are_not_marked(cast: Cast) -> None:
    session = make_resolved(cast)
    ((_row, told),) = ended(cast.account.pk, [session.pk])
    taken = {
        "n1": (SourceSpan(session=session.pk, field="text", start=4, end=11),),
        "n2": (SourceSpan(session=session.pk, field="resolution", start=4, end=17),),
    }
    proposal = make_proposal(cast)
    redraft(proposal, small_tree(), grounding=grounding_json(taken, [told]))
    client = signed_in(cast.team_admin)

    def shown(node: str) -> str:
        return " ".join(text(client.get(at("sources", proposal), {"node": node}, headers=HTMX)).split())

    assert "The <mark>print spooler</mark> had stopped" in shown("n2")
    AISession.objects.filter(pk=session.pk).update(resolution_no=2, resolution_summary="The driver was old.")
    assert "The <mark>printer</mark> on the second floor" in shown("n1")
    assert "Other words stand here since" in shown("n2")
    assert "<blockquote>The driver was old.</blockquote>" in shown("n2")
    AISession.objects.filter(pk=session.pk).update(resolution_summary="")
    assert "<mark>" not in shown("n2")
    assert "It says now" not in shown("n2")


def test_sources_that_were_kept_without_a_digest_are_marked_as_they_were(cast: Cast) -> None:
    proposal = grounded(cast)
    (span,) = origins_of(proposal)["n2"]
    beyond = {**span, "end": 9_999}

    found = excerpts.excerpts({"sources": {"n2": [span, beyond]}}, "n2", cast.team_admin)

    assert [(one.words, one.changed) for one in found.shown] == [("print spooler", False), ("", True)]


def test_sources_are_kept_after_publication(cast: Cast) -> None:
    proposal = grounded(cast)
    client = signed_in(cast.team_admin)
    send(client, "approve", proposal, confirmed="on")
    version = FlowProposal.objects.get(pk=proposal.pk).published_version
    assert version is not None

    address = reverse("proposals:version-sources", args=[version.pk]) + "?node=n2"

    assert address in text(client.get(reverse("flows:detail", args=[version.flow_id])))
    assert "<mark>print spooler</mark>" in text(client.get(address, headers=HTMX))


def test_a_session_that_the_reader_may_not_open_is_not_quoted(cast: Cast) -> None:
    proposal = grounded(cast)
    evidence = proposal.evidence.first()
    assert evidence is not None
    evidence.session.team = cast.other_team
    evidence.session.save()

    shown = words(signed_in(cast.team_admin).get(at("sources", proposal) + "?node=n2"))

    assert "had stopped" not in shown
    assert "and 1 session that you may not open" in shown


def test_what_is_in_no_source_is_marked_and_blocks_approval_until_it_is_confirmed(cast: Cast) -> None:
    proposal = grounded(cast)
    client = signed_in(cast.team_admin)
    assert f"In no source: {MADE_UP}" in words(client.get(at("detail", proposal)))

    refusal = send(client, "approve", proposal)

    assert (refusal.status_code, status_of(proposal)) == (422, "pending")
    assert MADE_UP in words(refusal)
    send(client, "approve", proposal, confirmed="on")
    decision = ProposalDecision.objects.get(proposal=proposal)
    assert (status_of(proposal), decision.confirmed) == ("approved", [MADE_UP])


def edit(cast: Cast, proposal: FlowProposal, **typed: str) -> Any:
    """The editor's form as it is first shown, sent to publish."""
    client = signed_in(cast.team_admin)
    page = client.get(at("edit", proposal))
    form, editor = page.context["form"], page.context["editor"]
    sent: dict[str, Any] = {
        "draft": str(proposal.current_draft_id),
        "base": "",
        "root": "n1",
        "op": "publish",
    }
    sent["title"] = form.initial["title"]
    sent["node"] = [card.node.id for card in editor.cards]
    for card in editor.cards:
        sent |= {control.name: control.value for control in (card.kind, card.title, card.body)}
        sent[f"{card.node.id}.option"] = [answer.id for answer in card.answers]
        for answer in card.answers:
            sent |= {control.name: control.value for control in (answer.label, answer.next)}
    return client.post(at("edit", proposal), {**sent, **typed})


def test_the_editor_asks_for_it_too_unless_it_was_taken_out(cast: Cast) -> None:
    proposal = grounded(cast)

    refusal = edit(cast, proposal)
    assert (refusal.status_code, status_of(proposal)) == (422, "pending")
    assert "Confirm that you have checked these." in words(refusal)

    edit(cast, proposal, **{"n2.body": "Restart the service."})
    assert status_of(proposal) == "edited"
    assert ProposalDecision.objects.get(proposal=proposal).confirmed == []
