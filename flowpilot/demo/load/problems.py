"""Made-up problems: what it is called, what is asked and done, what fixes it, and its decision tree."""

import json
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from flowpilot.demo.chance import stream

THINGS = {
    "Outlook": "email",
    "Shared mailbox": "email",
    "Teams meeting": "m365",
    "Licence assignment": "m365",
    "OneDrive sync": "sharepoint_onedrive",
    "SharePoint library": "sharepoint_onedrive",
    "VPN client": "vpn_remote_access",
    "Remote desktop": "vpn_remote_access",
    "Guest wireless": "networking",
    "Branch switch": "networking",
    "Label printer": "printing",
    "Plotter queue": "printing",
    "Domain logon": "active_directory",
    "Group policy": "active_directory",
    "Authenticator app": "identity_mfa",
    "Backup job": "backup",
    "File share": "storage_files",
    "Virtual machine": "servers_virtualisation",
    "Windows update": "endpoint_windows",
    "Laptop dock": "hardware",
    "Barcode scanner": "hardware",
    "Payroll export": "line_of_business",
    "Warehouse module": "line_of_business",
    "Desk phone": "networking",
}
TROUBLES = (
    "stops after the update",
    "asks for credentials again",
    "cannot reach its server",
    "shows yesterday's data",
    "is very slow before noon",
    "loses its settings",
    "ends with a timeout",
    "reports a full disk",
    "restarts by itself",
    "refuses the certificate",
    "drops out during calls",
    "shows garbled letters",
    "does not start",
    "is missing for new users",
    "stays offline after sleep",
    "refuses the password",
)
QUESTIONS = (
    "Does the message show error {code}?",
    "Is code {code} in the event log?",
    "Does it happen with error {code} every time?",
)
TRIES = (
    "Restart the {thing} service",
    "Clear the cached credentials of the {thing}",
    "Check the firewall rule for the {thing}",
    "Compare the clock with the domain controller",
    "Renew the address lease and flush the name cache",
    "Remove the add-ins and start again",
    "Check free space on the system drive",
    "Sign the user out everywhere and in again",
    "Read the log of the {thing} for code {code}",
    "Test with another user on the same machine",
    "Test with the same user on another machine",
    "Run the vendor's repair tool",
)
FIXES = (
    "Reinstall the {thing} with the vendor's package for {code}",
    "Roll back the driver of the {thing}",
    "Recreate the profile of the {thing}",
    "Import the renewed certificate for the {thing}",
    "Correct the connection settings of the {thing} and save them",
    "Move the data of the {thing} and raise its quota",
    "Add the user to the group that the {thing} reads",
    "Apply the hotfix for {code} and restart",
)
REPORTS = (
    "Since this morning the {thing} {trouble}. The screen says {code}.",
    "Several people report that the {thing} {trouble}, with code {code}.",
    "The {thing} {trouble}; it worked last week. Error {code} is in the log.",
    "User cannot work: {thing} {trouble}. We saw {code} once.",
)


@dataclass(frozen=True)
class Problem:
    number: int
    title: str
    domain: str
    reports: tuple[str, ...]
    question: str
    tries: tuple[str, ...]
    fix: str

    @property
    def summary(self) -> str:
        return f"{self.title}. {self.fix} solved it."

    @cached_property
    def tree(self) -> dict[str, Any]:
        """A question, what is tried one after the other, and both ends."""
        actions = [*self.tries, self.fix]
        last = len(actions) + 2
        nodes = [_node("n1", "question", self.question, ["Yes", "No"], ["n2", f"n{last + 1}"])]
        for place, title in enumerate(actions, start=2):
            onward = f"n{place + 1}" if place < last - 1 else f"n{last + 1}"
            nodes.append(_node(f"n{place}", "action", title, ["Solved", "Not solved"], [f"n{last}", onward]))
        nodes.append(_node(f"n{last}", "resolution", f"{self.title.split(',')[0]}: works again", [], []))
        nodes.append(_node(f"n{last + 1}", "escalation", "Hand over with the log", [], []))
        return {"schema": 1, "root": "n1", "nodes": nodes}

    @cached_property
    def tree_json(self) -> str:
        return json.dumps(self.tree)


def invent(seed: int, number: int) -> Problem:
    """The problem of that number; two of them never share their error code."""
    rng = stream(seed, "problem", str(number))
    thing = rng.choice(list(THINGS))
    trouble = rng.choice(TROUBLES)
    code = f"0x8{(number * 2654435761 + seed) % 2**28:07X}"

    def told(text: str) -> str:
        return text.format(thing=thing.lower(), trouble=trouble, code=code)

    return Problem(
        number=number,
        title=f"{thing} {trouble}, error {code}",
        domain=THINGS[thing],
        reports=tuple(_sentence(told(report)) for report in REPORTS),
        question=told(rng.choice(QUESTIONS)),
        tries=tuple(told(text) for text in rng.sample(TRIES, rng.randint(1, 3))),
        fix=told(rng.choice(FIXES)),
    )


def drawn(rng: Random, number: int, problems: int) -> int:
    """Which of the problems the session of that number is about: each comes once at first, in turn, and
    later the first ones far more often than the last."""
    return number if number < problems else int(problems * rng.random() ** 3)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _node(pk: str, kind: str, title: str, labels: list[str], targets: list[str]) -> dict[str, Any]:
    options = [
        {"id": f"o{place}", "label": label, "next": target}
        for place, (label, target) in enumerate(zip(labels, targets, strict=True), start=1)
    ]
    return {"id": pk, "kind": kind, "title": title, "body": "", "script": None, "options": options}
