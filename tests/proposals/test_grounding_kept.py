"""Where a step comes from is kept in every version, whoever changes the flow, whatever a merge calls it."""

from typing import Any

from django.urls import reverse

from flowpilot.flows import actions as flows
from flowpilot.flows.changes import diff
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.models import Flow, FlowVersion
from proposals.models import FlowProposal
from sessions.models import AISession
from tests.factories import Cast, make_proposal, make_resolved, redraft, small_tree
from tests.proposals.pages import form_of
from tests.screens import HTMX, at, send, signed_in, status_of, text, words

MADE_UP = "Invoke-FrobnicateCache"


def span(session: AISession) -> dict[str, Any]:
    return {"session": str(session.pk), "step": None, "field": "resolution", "start": 4, "end": 17}


def with_step(title: str, *, lose: bool = False) -> Tree:
    """The small tree with one step more, called n5, before the action; `lose` takes the action out."""
    raw: Any = small_tree().to_json()
    onward = [{"id": "o1", "label": "Done", "next": "n3" if lose else "n2"}]
    raw["nodes"][0]["options"][0]["next"] = "n5"
    raw["nodes"].append(
        {"id": "n5", "kind": "action", "title": title, "body": "", "script": None, "options": onward}
    )
    raw["nodes"] = [node for node in raw["nodes"] if not (lose and node["id"] == "n2")]
    return parse(raw)


def published(cast: Cast, session: AISession) -> FlowVersion:
    flow = flows.create_flow(cast.account.pk, title="Printer flow", team=cast.team)
    counted = {"reached": 1, "resolved": 1, "escalated": 0}
    grounding = {"sources": {"n2": [span(session)]}, "counts": {"n2": counted}}
    return flows.publish_version(flow, small_tree(), base=None, grounding=grounding, by=cast.team_admin)


def drafted(proposal: FlowProposal, tree: Tree, base: Tree | None = None, **grounding: Any) -> None:
    changes = [change.to_json() for change in diff(base, tree)] if base else []
    redraft(proposal, tree, changes=changes, grounding=grounding)


def test_an_edit_in_the_library_keeps_the_sources_of_what_stays(cast: Cast) -> None:
    first = published(cast, make_resolved(cast))

    second = flows.publish_version(first.flow, with_step("Push it in"), base=first, by=cast.team_admin)
    third = flows.publish_version(
        first.flow, with_step("Push it in", lose=True), base=second, by=cast.team_admin
    )

    assert second.grounding == first.grounding
    assert third.grounding == {"sources": {}, "counts": {}}


def test_a_clients_variant_begins_with_the_sources_of_its_origin(cast: Cast) -> None:
    version = published(cast, make_resolved(cast))
    variant = flows.fork(
        version.flow, title="For Northwind", client=cast.client, team=cast.team, by=cast.team_admin
    )

    first = flows.publish_version(variant, small_tree(), base=None, by=cast.team_admin)

    assert first.grounding == version.grounding


def test_a_change_adds_its_sources_to_those_of_the_version(cast: Cast) -> None:
    before, since = make_resolved(cast), make_resolved(cast)
    version = published(cast, before)
    proposal = make_proposal(cast, version=version)
    tree = with_step("Push the cable in")
    once = {"reached": 1, "resolved": 1, "escalated": 0}
    sources = {"n2": [span(since)], "n5": [span(since)]}
    drafted(proposal, tree, small_tree(), sources=sources, counts={"n2": once, "n5": once})
    client = signed_in(cast.team_admin)
    shown = words(client.get(at("sources", proposal) + "?node=n2", headers=HTMX))
    form = form_of(text(client.get(at("edit", proposal))))

    client.post(at("edit", proposal), {**form, "op": "publish"})

    kept = Flow.objects.get(pk=version.flow_id).current_version.grounding
    assert kept["sources"] == {"n2": [span(before), span(since)], "n5": [span(since)]}
    assert kept["counts"] == {"n2": {"reached": 2, "resolved": 2, "escalated": 0}, "n5": once}
    assert [session.title in shown for session in (before, since)] == [True, True]


def test_a_step_that_a_merge_calls_otherwise_keeps_its_sources(cast: Cast) -> None:
    session = make_resolved(cast)
    version = published(cast, session)
    proposal = make_proposal(cast, version=version)
    drafted(proposal, with_step("Push the cable in"), small_tree(), sources={"n5": [span(session)]})
    raw: Any = with_step("Switch it on and off").to_json()
    raw["nodes"][0]["options"][0]["next"], raw["nodes"][0]["options"][1]["next"] = "n2", "n5"
    flows.publish_version(version.flow, parse(raw), base=version, by=cast.team_admin)
    client = signed_in(cast.team_admin)
    page = client.get(at("edit", proposal))
    typed = text(client.post(at("edit", proposal), {**form_of(text(page)), "op": "check"}))

    client.post(at("edit", proposal), {**form_of(typed), "op": "publish"})

    newest = Flow.objects.get(pk=version.flow_id).current_version
    assert newest is not None
    (name,) = [node.id for node in newest.tree.nodes if node.title == "Push the cable in"]
    assert name != "n5"
    assert newest.grounding["sources"] == {"n2": [span(session)], name: [span(session)]}
    address = reverse("proposals:version-sources", args=[newest.pk]) + f"?node={name}"
    assert "<mark>print spooler</mark>" in text(client.get(address, headers=HTMX))


def made_up(cast: Cast, session: AISession) -> FlowProposal:
    """A proposal whose draft names a command that nobody used."""
    proposal = make_proposal(cast)
    raw: Any = small_tree().to_json()
    raw["nodes"][1]["body"] = f"Run `{MADE_UP}`."
    drafted(proposal, parse(raw), sources={"n2": [span(session)]}, unsourced={"n2": [MADE_UP]})
    return proposal


def test_what_was_typed_on_an_older_draft_is_confirmed_for_what_that_had_from_nowhere(cast: Cast) -> None:
    session = make_resolved(cast)
    proposal = made_up(cast, session)
    client = signed_in(cast.team_admin)
    form = form_of(text(client.get(at("edit", proposal))))
    drafted(proposal, small_tree("Is it another one?"), sources={"n1": [span(session)]}, unsourced={})
    kept = form_of(text(client.post(at("edit", proposal), {**form, "op": "keep"})))

    refused = client.post(at("edit", proposal), {**kept, "op": "publish"})

    assert (refused.status_code, status_of(proposal)) == (422, "pending")
    assert MADE_UP in words(refused)
    client.post(at("edit", proposal), {**kept, "op": "publish", "confirmed": "on"})
    done = FlowProposal.objects.get(pk=proposal.pk)
    assert (done.status, done.decisions.get().confirmed) == ("edited", [MADE_UP])
    assert done.published_version is not None
    assert done.published_version.grounding["sources"] == {"n2": [span(session)]}


def test_what_the_newer_draft_has_from_a_session_needs_no_confirmation_any_more(cast: Cast) -> None:
    proposal = made_up(cast, make_resolved(cast))
    client = signed_in(cast.team_admin)
    form = form_of(text(client.get(at("edit", proposal))))
    raw: Any = small_tree().to_json()
    raw["nodes"][1]["body"] = f"Run `{MADE_UP}`."
    drafted(proposal, parse(raw), unsourced={})
    kept = form_of(text(client.post(at("edit", proposal), {**form, "op": "keep"})))

    client.post(at("edit", proposal), {**kept, "op": "publish"})

    assert status_of(proposal) == "edited"


def test_approval_of_the_newest_draft_asks_about_its_own_only(cast: Cast) -> None:
    proposal = made_up(cast, make_resolved(cast))
    drafted(proposal, small_tree(), unsourced={})

    send(signed_in(cast.team_admin), "approve", proposal)

    assert status_of(proposal) == "approved"
