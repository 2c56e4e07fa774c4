"""The background of a resolution: why it happened, and nothing that says less without what was left out."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import Tree, parse
from tests.ai.tickets import ticket

FIX = (
    "Resolution\nTo fix this, follow these steps:\n\n1. Open the depot console.\n"
    "2. Set the parcel limit of the ramp to 40.\n3. Restart the label service of the ramp.\n"
)


def tree_of(resolution: str, title: str = "The ramp rejects parcels", text: str = "") -> Tree:
    flow = mine_one(ticket(title, text or f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def told(cause: str, more: str = "") -> str:
    tree = tree_of(f"Cause\n{cause}\n{FIX}{more}")
    return [node for node in tree.nodes if node.kind == "resolution"][-1].body


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (
            "The ramp asks the depot for a slot. However, the depot answers with the name of another ramp.",
            "The ramp asks the depot for a slot. However, the depot answers with the name of another ramp.",
        ),
        (
            "As part of a move, entries are made at the new depot. If they are wrong, nothing is moved."
            "\n\nThis problem occurs because the kind of the ramp is not correctly changed by the depot.",
            "This problem occurs because the kind of the ramp is not correctly changed by the depot.",
        ),
        (
            "This issue occurs if the computer of the ramp lacks the following key:\n\n"
            "`HKEY_LOCAL_MACHINE\\Depot\\Ramp`",
            "This issue occurs if the computer of the ramp lacks the key `HKEY_LOCAL_MACHINE\\Depot\\Ramp`.",
        ),
        (
            "This problem only occurs when:\n\nThe ramp has a limit of zero\nand the depot is closed.",
            "This problem only occurs when the ramp has a limit of zero and the depot is closed.",
        ),
        (
            "The ramp takes at most 40 parcels through its hatch.\n\n"
            "If you put in more by hand, you receive the following error message:\n\nThe hatch is too small.",
            "The ramp takes at most 40 parcels through its hatch.",
        ),
        ("To work around this issue, move the hatch.\n\nThe hatch that turns this off is the left one.", ""),
        (
            "This may happen if you load it so:\n\n1. Open it.\n2. Load it\n\nWhen you do this, it tilts.",
            "",
        ),
    ],
)
def test_the_cause_is_told_from_its_reason_on_and_to_its_end(cause: str, shown: str) -> None:
    body = told(cause)
    assert body == (f"**Cause:** {shown}" if shown else "")


@pytest.mark.parametrize(
    "more",
    [
        "You may notice that the same problem occurs when you load the ramp by hand.",
        "The following steps demonstrate the behavior:\n\n1. Load the ramp.\n\nThe third parcel tilts.",
        "Depot Nine is manufactured by Nine Hills.",
        "The newly added ramp is shown in the list.",
    ],
)
def test_what_speaks_of_something_else_is_no_background(more: str) -> None:
    assert told("", f"More information\n{more}\n") == ""


def test_of_several_causes_none_is_the_one_of_the_resolution() -> None:
    tree = tree_of(
        "Cause\nThe issue has one of the following causes.\n\nCause 1: The badge has expired.\n\n"
        "Cause 2: The parcel limit of the ramp is set to zero.\n"
        "Resolution\n### Resolution for cause 1\n\nRenew the badge at the gate of the depot.\n\n"
        "### Resolution for cause 2\n\nSet the parcel limit of the ramp to 40 in the depot console.\n"
    )
    assert [node.body for node in tree.nodes if node.kind == "resolution"] == [""]


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (
            "This occurs if the following entry is there:\n\n`HKCU\\Depot`\n\nor\n\n`HKCU\\Gate`\n\nGo.",
            "This occurs if the following entry is there:\n\n`HKCU\\Depot`\n\nor\n\n`HKCU\\Gate`",
        ),
        (
            "As part of a move, entries are made at the new depot.\n\n"
            "This problem occurs because the kind of the ramp is not correctly changed by the depot.",
            "This problem occurs because the kind of the ramp is not correctly changed by the depot.",
        ),
        ("To work around this issue, move the hatch.", ""),
        (
            "This may happen when you load the ramp so:\n\n1. Open the hatch.\n2. Load the belt.",
            "This may happen when you load the ramp so:\n\n- Open the hatch.\n- Load the belt.",
        ),
    ],
)
def test_the_first_act_stands_below_the_whole_cause(cause: str, shown: str) -> None:
    body = next(node.body for node in tree_of(f"Cause\n{cause}\n{FIX}").nodes if node.kind == "action")
    assert body.partition("\n\n1. ")[0] == (f"**Cause:** {shown}" if shown else body.partition("\n\n1. ")[0])
    assert shown or "**Cause:**" not in body
