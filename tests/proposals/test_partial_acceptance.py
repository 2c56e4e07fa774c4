"""Some of the changes of a proposal are published without the others."""

from typing import Any

from django.test import Client

from flowpilot.flows.changes import diff
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.models import Flow
from proposals.models import FlowProposal
from tests.factories import Cast, make_proposal, make_version, small_tree
from tests.screens import at, signed_in, status_of, words


def better() -> Tree:
    """With a cable check before the spooler, and a reworded hand-over."""
    raw: Any = small_tree().to_json()
    raw["nodes"][0]["options"][0]["next"] = "n5"
    raw["nodes"][3]["title"] = "Hand over with the error text and the driver's name"
    onward = [{"id": "o1", "label": "Done", "next": "n2"}]
    raw["nodes"].append(
        {
            "id": "n5",
            "kind": "action",
            "title": "Push the cable in",
            "body": "",
            "script": None,
            "options": onward,
        }
    )
    return parse(raw)


def enhancement(cast: Cast, *more: dict[str, Any]) -> FlowProposal:
    version = make_version(cast)
    changes = [change.to_json() for change in diff(small_tree(), better())]
    proposal = make_proposal(cast, version=version)
    draft = proposal.current_draft
    assert draft is not None
    type(draft).objects.filter(pk=draft.pk).delete()
    proposal.current_draft = type(draft).objects.create(
        account=cast.account,
        proposal=proposal,
        number=1,
        title=proposal.title,
        tree=better().to_json(),
        changes=[*changes, *more],
        engine="offline",
    )
    proposal.save()
    return proposal


def test_the_choice_of_changes_carries_the_filters_of_the_queue_on(cast: Cast) -> None:
    shown = signed_in(cast.team_admin).get(at("detail", enhancement(cast)), {"q": "printer"}).content.decode()

    form = shown[shown.index('id="changes"') :]
    assert '<input type="hidden" name="q" value="printer">' in form[: form.index("</form>")]


def ids_of(proposal: FlowProposal, op: str) -> list[str]:
    assert proposal.current_draft is not None
    return [change["id"] for change in proposal.current_draft.changes if change["op"] == op]


def editor(client: Client, proposal: FlowProposal, *only: str) -> Any:
    draft = str(proposal.current_draft_id)
    return client.get(at("edit", proposal), {"only": list(only), "draft": draft})


def publish(client: Client, proposal: FlowProposal, page: Any, *only: str, **typed: str) -> Any:
    """The form as it is shown, sent to publish."""
    work, shown = page.context["work"], page.context["editor"]
    sent: dict[str, Any] = {"draft": str(work.draft.pk), "base": str(work.base.pk), "root": shown.tree.root}
    sent |= {"op": "publish", "title": page.context["form"].initial["title"]}
    sent["node"] = [card.node.id for card in shown.cards]
    for card in shown.cards:
        sent |= {control.name: control.value for control in (card.kind, card.title, card.body)}
        sent[f"{card.node.id}.option"] = [answer.id for answer in card.answers]
        for answer in card.answers:
            sent |= {control.name: control.value for control in (answer.label, answer.next)}
    query = "&".join(f"only={each}" for each in only)
    return client.post(f"{at('edit', proposal)}?{query}", {**sent, **typed})


def test_a_change_is_published_without_the_others(cast: Cast) -> None:
    proposal, client = enhancement(cast), signed_in(cast.team_admin)
    only = ids_of(proposal, "update_node")

    publish(client, proposal, editor(client, proposal, *only), *only)

    flow = Flow.objects.select_related("current_version").get(proposals=proposal)
    assert flow.current_version is not None
    titles = [node.title for node in flow.current_version.tree.nodes]
    assert "Push the cable in" not in titles
    assert "Hand over with the error text and the driver's name" in titles
    assert status_of(proposal) == "edited"


def test_what_a_change_cannot_do_without_comes_along(cast: Cast) -> None:
    proposal = enhancement(cast)

    page = editor(signed_in(cast.team_admin), proposal, *ids_of(proposal, "update_option"))

    titles = [card.node.title for card in page.context["editor"].cards]
    assert "Push the cable in" in titles
    assert "Hand over with the error text" in titles


def test_a_part_that_makes_no_valid_tree_says_why(cast: Cast) -> None:
    alone = {"id": "c9", "op": "remove_node", "node": "n4", "why": "", "needs": []}
    proposal, client = enhancement(cast, alone), signed_in(cast.team_admin)

    refusal = editor(client, proposal, "c9")
    assert refusal.status_code == 422
    assert "These changes cannot be taken alone" in words(refusal)
    assert "which does not exist" in words(refusal)
    assert "There is no change c77 in this draft." in words(editor(client, proposal, "c77"))
    assert status_of(proposal) == "pending"


def test_what_the_changes_say_of_the_flow_is_published_too(cast: Cast) -> None:
    said = {
        "id": "c9",
        "op": "set_meta",
        "set": {"summary": "Printing, by cable or not"},
        "why": "",
        "needs": [],
    }
    proposal, client = enhancement(cast, said), signed_in(cast.team_admin)

    publish(client, proposal, editor(client, proposal), title="Printer prints nothing at all")

    flow = Flow.objects.get(proposals=proposal)
    assert (flow.title, flow.summary) == ("Printer prints nothing at all", "Printing, by cable or not")


def test_the_changes_can_be_ticked_by_who_may_publish(cast: Cast) -> None:
    proposal = enhancement(cast)

    assert (
        "Edit & publish what is ticked"
        in signed_in(cast.team_admin).get(at("detail", proposal)).content.decode()
    )
    assert "what is ticked" not in words(signed_in(cast.engineer).get(at("detail", proposal)))
