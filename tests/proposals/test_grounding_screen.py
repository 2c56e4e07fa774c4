"""Where a step comes from, and what is in no source, on the pages of the review and of the library."""

from typing import Any

from django.urls import reverse

from proposals.models import FlowProposal, ProposalDecision, ProposalDraft
from tests.factories import Cast, make_proposal, small_tree
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
    proposal.current_draft = ProposalDraft.objects.create(
        account=cast.account,
        proposal=proposal,
        number=2,
        title=proposal.title,
        tree=tree,
        grounding={"sources": {"n2": [span]}, "counts": {}, "unsourced": {"n2": [MADE_UP]}},
        engine="offline",
    )
    proposal.save()
    return proposal


def test_a_step_shows_its_source_word_for_word(cast: Cast) -> None:
    proposal = grounded(cast)
    client = signed_in(cast.team_admin)

    shown = text(client.get(at("sources", proposal) + "?node=n2", headers=HTMX))

    assert "The <mark>print spooler</mark> had stopped" in shown
    assert client.get(at("sources", proposal) + "?node=n99").status_code == 404


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
