"""The way through a domain's playbook, for a session that follows no flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.ai.contracts import OpenSession, StepFacts
from flowpilot.ai.offline import domains
from flowpilot.ai.offline.guiding.answers import label_said
from flowpilot.ai.offline.guiding.repeats import done_before, is_answered
from flowpilot.ai.offline.guiding.walking import Stand, stand_in
from flowpilot.flows.playbooks import Playbook, playbooks

AREA_NODE: Final = "p:"
"""Node id of the question for the area, asked when the text does not tell it."""
AREAS: Final[tuple[tuple[tuple[str, str | Promise], ...], ...]] = (
    (
        ("identity_mfa", _("Signing in or a password")),
        ("email", _("E-mail or Outlook")),
        ("networking", _("Network, Wi-Fi or internet")),
        ("printing", _("Printer or scanner")),
        ("endpoint_windows", _("The computer itself")),
        ("line_of_business", _("One program")),
    ),
    (
        ("vpn_remote_access", _("VPN or remote desktop")),
        ("m365", _("Teams or an Office program")),
        ("sharepoint_onedrive", _("Files in OneDrive or SharePoint")),
        ("storage_files", _("A file server or network drive")),
        ("hardware", _("A screen, a dock or another device")),
        ("voip", _("Telephones")),
    ),
    (
        ("active_directory", _("Active Directory: accounts, groups, policies")),
        ("servers_virtualisation", _("A server or a virtual machine")),
        ("backup", _("A backup or a restore")),
        ("security", _("Something suspicious: a mail, a warning, malware")),
    ),
)
"""Every domain once, in the order in which they are asked for: the most frequent first, then the others."""


@dataclass(frozen=True)
class Place:
    """A playbook, where a session stands in it, and how sure its domain is."""

    playbook: Playbook
    stand: Stand
    prior: float
    """0.0–1.0, that the playbook is the right one and that its general steps help."""


def node_id(domain: str, node: str) -> str:
    """How a playbook's node is called in a session's steps."""
    return f"p:{domain}:{node}"


def place_of(session: OpenSession) -> Place | None:
    """None when nothing tells the domain."""
    domain, prior = _domain(session)
    playbook = playbooks().get(domain or "")
    if playbook is None:
        return None
    own = node_id(playbook.domain, "")

    def steps_at(node: str) -> list[StepFacts]:
        return [step for step in session.steps if step.node_id == f"{own}{node}"]

    elsewhere = [done for done in done_before(session) if not _is_own(done.step, own)]
    return Place(playbook, stand_in(playbook.tree, playbook.tree.root, steps_at, elsewhere), prior)


def asked_for_area(session: OpenSession) -> int:
    """How often the engineer was asked for the area and answered."""
    return sum(step.node_id == AREA_NODE and is_answered(step) for step in session.steps)


def _is_own(step: StepFacts | None, own: str) -> bool:
    return step is not None and (step.node_id or "").startswith(own)


def _domain(session: OpenSession) -> tuple[str | None, float]:
    """The session's domain, else what its text says, else what the engineer answered, with the prior."""
    if session.domain in playbooks():
        return session.domain, 0.4
    area = _area(session.steps)
    if area is not None:
        return area, 0.35
    guess = domains.classify_problem(f"{session.title}\n{session.log[: domains.CLASSIFIED]}", session.text)
    return guess.domain, round(0.4 * guess.confidence, 3)


def _area(steps: Sequence[StepFacts]) -> str | None:
    """By what was offered at each answer, which need not be what would be offered there now."""
    labels = {str(label): key for offered in AREAS for key, label in offered}
    for step in steps:
        if step.node_id != AREA_NODE or not is_answered(step):
            continue
        place = label_said(step.chosen or step.response, step.options)
        told = labels.get(step.options[place]) if place is not None else None
        told = told or domains.classify(step.response).domain
        if told is not None:
            return told
    return None
