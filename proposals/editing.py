"""Edit & publish: what is edited, on which version, and how it meets a flow that has moved on."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.accounts.models import User
from flowpilot.ai.sourcing import still_in
from flowpilot.core.web import find
from flowpilot.flows.changes import (
    Change,
    ChangeConflict,
    Conflict,
    InvalidChange,
    apply,
    close_over,
    merge3,
    meta_of,
    parse_changes,
)
from flowpilot.flows.document import InvalidTree, Tree, parse
from flowpilot.flows.formfields import Fields, UnreadableForm, from_fields
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.trees.advice import Known, scripts_in
from flowpilot.flows.trees.merge import Side
from proposals.models import FlowProposal, ProposalDraft
from proposals.unsourced import unsourced_until


class NothingToEdit(Exception):
    """The proposal has no draft that can be read as a tree."""


class CannotTakeAlone(Exception):
    """The changes that were chosen do not make a valid tree; the message says why."""


class PublishForm(forms.Form):
    """What a version is published with, and what the flow is called from then on."""

    title = forms.CharField(label=gettext_lazy("Title of the flow"), max_length=200)
    title_was = forms.CharField(required=False, widget=forms.HiddenInput)
    """What the flow was called when the form was opened: a title that was left alone reverts nobody's."""
    note = forms.CharField(
        label=gettext_lazy("Note for this version"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("I have checked what no session names"),
        error_messages={"required": gettext_lazy("Confirm that you have checked these.")},
    )

    def __init__(
        self, *args: Any, strange: Sequence[str] = (), title_needed: bool = True, **kwargs: Any
    ) -> None:
        """`strange`: commands, paths and codes of the tree that are in no source."""
        super().__init__(*args, **kwargs)
        self.fields["title"].required = title_needed
        if strange:
            self.fields["confirmed"].help_text = " · ".join(strange)
        else:
            del self.fields["confirmed"]


@dataclass(frozen=True)
class Work:
    """What is on the screen: the tree as typed, the draft it comes from, the version it is edited on.

    base is None for a new flow. conflicts: what stands between this tree and the flow's current version.
    """

    proposal: FlowProposal
    draft: ProposalDraft
    base: FlowVersion | None
    tree: Tree
    conflicts: list[Conflict] = field(default_factory=list)
    began: UUID | None = None
    """The draft that the tree was typed on, when that is an older one."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What a merge called the draft's nodes and options otherwise, by what they are called in the draft."""
    was_typed: bool = False
    """Whether somebody has worked on the tree, maybe beginning with an older draft."""

    @property
    def current(self) -> FlowVersion | None:
        """The version of the target flow that is in force now."""
        flow = self.proposal.target_flow
        return flow.current_version if flow else None

    def title(self, only: Sequence[str] = ()) -> str:
        """What the flow is to be called: a new one as the draft says, a published one as it is unless the
        changes say else."""
        flow = self.proposal.target_flow
        return (self._set(only).get("title") or flow.title) if flow else self.draft.title

    def about(self, only: Sequence[str] = ()) -> dict[str, str | None]:
        """The summary and the domain that the flow is to have; of a published one what the changes set."""
        of = self.proposal
        if of.target_flow is None:
            return {"summary": of.summary, "domain": of.problem_domain}
        return {name: value for name, value in self._set(only).items() if name != "title"}

    def _set(self, only: Sequence[str]) -> dict[str, str | None]:
        with suppress(CannotTakeAlone):
            return meta_of(taken(self.draft, only))
        return {}

    @cached_property
    def strange(self) -> list[str]:
        """What the tree still names of what the draft had from no source."""
        own = chain.from_iterable(self.draft.unsourced.values())
        return still_in(self.tree, unsourced_until(self.draft) if self.was_typed else own)

    @property
    def outdated(self) -> bool:
        """Whether the flow has another version now than the one edited on."""
        return (self.current and self.current.pk) != (self.base and self.base.pk)

    @property
    def rebased(self) -> bool:
        """Whether the tree is edited on a later version than its proposal was made for."""
        return self.base is not None and self.base.pk != self.proposal.base_version_id

    @property
    def compared(self) -> Tree:
        """What the tree is compared with: the version edited on, for a new flow the mined draft."""
        return self.base.tree if self.base else self.draft.document

    @property
    def origins(self) -> tuple[Tree, ...]:
        """Trees whose ids mean something in this one."""
        versions = {version.pk: version for version in (self.base, self.current) if version}
        return (self.draft.document, *(version.tree for version in versions.values()))

    @property
    def reviewed(self) -> Known:
        """Scripts that somebody answered for: of the flow's versions, never those of the draft itself."""
        return scripts_in(version.tree_structure for version in (self.base, self.current) if version)


def proposal_of(user: User, pk: UUID) -> FlowProposal:
    """The proposal with its draft and versions; 404 when it is not the user's to see."""
    rows = (
        FlowProposal.objects.with_context()
        .select_related("target_flow__current_version", "published_version__flow")
        .defer(
            "terms",
            "base_version__grounding",
            "target_flow__current_version__grounding",
            "published_version__tree_structure",
            "published_version__grounding",
        )
    )
    return find(rows, user, pk)


def start(proposal: FlowProposal, only: Sequence[str] = ()) -> Work:
    """The proposal as it is first shown, merged with the flow's current version where that goes without
    choices; of a change to a flow `only` the changes with these ids and what they need, if any are named.
    Raises `NothingToEdit` and `CannotTakeAlone`."""
    draft = proposal.current_draft
    tree = readable(draft)
    if draft is None or tree is None:
        raise NothingToEdit
    if only and proposal.base_version is not None:
        tree = part_of(draft, proposal.base_version.tree, only)
    return merged(Work(proposal, draft, proposal.base_version, tree), {})


def part_of(draft: ProposalDraft, base: Tree, only: Sequence[str]) -> Tree:
    """What the chosen changes of a draft, and those that they need, make of the version it was made for."""
    try:
        return apply(taken(draft, only), base)
    except ChangeConflict as conflict:
        raise CannotTakeAlone(str(conflict)) from conflict


def taken(draft: ProposalDraft, only: Sequence[str] = ()) -> list[Change]:
    """The changes of a draft, or of them those with the ids named and what they need."""
    try:
        changes = parse_changes(draft.changes)
        return close_over(changes, only) if only else changes
    except InvalidChange as error:
        raise CannotTakeAlone(_("The changes of this draft cannot be read.")) from error
    except KeyError as error:
        raise CannotTakeAlone(
            _("There is no change %(id)s in this draft.") % {"id": error.args[0]}
        ) from error


def readable(draft: ProposalDraft | None) -> Tree | None:
    """The draft's tree, if it is a valid one."""
    try:
        return draft.document if draft else None
    except InvalidTree:
        return None


def merged(work: Work, settled: Mapping[str, Side]) -> Work:
    """The work on the flow's current version, or as it was with what contradicts that version.

    Raises `InvalidTree` when the tree as typed is not valid: such a tree cannot be merged.
    """
    if work.base is None or work.current is None or not work.outdated:
        return work
    typed = parse(work.tree.to_json())
    outcome = merge3(base=work.base.tree, ours=work.current.tree, theirs=typed, settle=settled)
    if outcome.tree is None:
        return replace(work, conflicts=outcome.conflicts)
    renamed = {old: outcome.renamed.get(new, new) for old, new in work.renamed.items()}
    new_ids = {old: new for old, new in outcome.renamed.items() if old not in work.renamed.values()}
    return replace(work, base=work.current, tree=outcome.tree, conflicts=[], renamed=new_ids | renamed)


def typed(proposal: FlowProposal, fields: Fields) -> Work:
    """The work as a form brought it. Raises `UnreadableForm`."""
    draft = proposal.drafts.filter(pk=_key(fields, "draft")).first()
    if draft is None or readable(draft) is None:
        raise UnreadableForm(_("The field draft names no draft of this proposal."))
    pairs = (value.partition("=") for value in fields.get("renamed", ()))
    renamed = {old: new for old, _sign, new in pairs}
    base, tree = _base(proposal, fields), from_fields(fields)
    began = _key(fields, "began") if "began" in fields else None
    return Work(proposal, draft, base, tree, began=began, renamed=renamed, was_typed=True)


def _base(proposal: FlowProposal, fields: Fields) -> FlowVersion | None:
    flow = proposal.target_flow
    if flow is None:
        if fields.get("base", [""]) != [""]:
            raise UnreadableForm(_("The field base names a version, but this is a new flow."))
        return None
    base = flow.versions.filter(pk=_key(fields, "base")).first()
    if base is None:
        raise UnreadableForm(_("The field base names no version of this flow."))
    return base


def _key(fields: Fields, name: str) -> UUID:
    values = fields.get(name, ())
    try:
        (value,) = values
        return UUID(value)
    except ValueError as error:
        raise UnreadableForm(
            _("The field %(name)s must be there once, with an id.") % {"name": name}
        ) from error
