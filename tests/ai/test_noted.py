"""Notes stand with the act that they speak of, and before it where they guard it."""

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.bodies import guarded
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import Node, parse
from tests.ai.tickets import ticket


def acts(resolution: str, text: str = "The ramp rejects parcels.") -> list[Node]:
    flow = mine_one(ticket("The ramp rejects parcels", text, resolution))
    assert isinstance(flow, NewFlow)
    return [node for node in parse(flow.tree).nodes if node.kind == "action"]


def test_what_guards_a_command_stands_before_it() -> None:
    note = "> **Note:** These commands are for ramps of the north only."
    code = "```powershell\nSet-Ramp -Limit 40\n\nGet-Ramp\n```"
    assert guarded(f"Run the commands:\n\n{code}\n\n{note}") == f"{note}\n\nRun the commands:\n\n{code}"
    placed = f"Run the commands:\n\n{code}\n\n> **Note:** The path above must be that of the ramp."
    assert guarded(placed) == placed
    key = f"`HKCU\\Ramp`\n\n{note}"
    assert guarded(key) == key


METHODS = """Resolution
Use one of the following methods.

### Method 1: Call the DrainHatch method

Open the console of the ramp, and call the DrainHatch method of the hatch after the last parcel of the day.

### Method 2: Use the counter of the depot

Bring the parcels of the ramp to the counter of the depot, and have them weighed there by the driver.

NOTE:
> The DrainHatch method may not be there in the next console.
"""


def test_a_note_stands_with_the_act_that_uses_what_it_names() -> None:
    first, second = (node.body.replace("`", "") for node in acts(METHODS))
    assert first.startswith("> **Note:** The DrainHatch method may not be there")
    assert "next console" not in second


def test_a_note_below_a_list_of_ways_is_kept_with_the_way_that_it_speaks_of() -> None:
    ways = (
        "Solution\nTake any of the following actions:\n\n- Reduce the number of parcels on the ramp.\n"
        "- Use the counter of the depot to weigh the parcels.\n- Print longer labels for the parcels.\n\n"
        "NOTE:\n> If you weigh parcels at the counter of the depot, the limit of the depot is used.\n"
    )
    told = [node.title for node in acts(ways) if "limit of the depot" in node.body]
    assert told == ["Use the counter of the depot to weigh the parcels"]


def test_a_note_below_the_one_command_of_a_method_is_kept() -> None:
    (act,) = acts(
        "Resolution\n### Method 1: Run the Set-Ramp cmdlet\n\n```powershell\nSet-Ramp North -ParcelLimit 40 "
        "-Driver Night -Hatch Open -Label Long -Depot South\n```\n\nNote: The cmdlet doesn't remove the "
        "parcels that wait on the ramp of the depot, nor the labels that were printed for them at night.\n"
    )
    assert act.script is not None
    assert act.body.startswith("> **Note:** The cmdlet doesn't remove the parcels")


def test_a_note_in_capitals_about_all_steps_stands_before_them() -> None:
    (act,) = acts(
        "Resolution\n1. Open the console of the ramp.\n2. Set the parcel limit of the ramp to 40.\n"
        "3. Repair the label service of the ramp.\n\n   NOTE This solution doesn't apply to old ramps.\n"
    )
    assert act.body.startswith("> **Note:** This solution doesn't apply to old ramps.\n\n1. Open")


def test_a_warning_of_the_registry_is_no_part_of_the_problem() -> None:
    flow = mine_one(
        ticket(
            "The ramp rejects parcels",
            "The ramp rejects parcels.\n\nIMPORTANT:\n> Back up the registry before you modify it.",
            METHODS,
        )
    )
    assert isinstance(flow, NewFlow)
    assert "registry" not in parse(flow.tree).nodes[0].body


def test_a_warning_of_a_tool_stands_before_each_act_that_uses_it() -> None:
    told = acts(
        "Resolution\nWARNING:\n> Using the DrainHatch tool may damage the ramp of the depot.\n\n"
        "### Method 1\n\n1. Open the DrainHatch tool.\n2. Set the limit of the northern ramp to 40.\n\n"
        "### Method 2\n\n1. Open the DrainHatch tool.\n2. Delete the labels of the southern depot.\n"
    )
    assert [node.body.startswith("> **Warning:** Using the DrainHatch tool") for node in told] == [True, True]


def test_what_somebody_else_has_to_do_is_an_act_and_no_hand_over() -> None:
    first, *_ = acts(
        "Resolution\nContact the owner of the depot's web site, and make sure that the site does not answer "
        "the requests of the ramp.\nWorkaround\nSet the parcel limit of the ramp to 40 in the console.\n"
    )
    assert first.title.startswith("Contact the owner of the depot's web site")
