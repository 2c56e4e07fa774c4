"""What may stand in a request to a vendor, and nothing else: by the published schema of HaloPSA and by the
documented fields of Autotask, as far as FlowPilot uses them. Types are exact: a number is no text."""

from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Number = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Operator = Literal[
    "eq", "noteq", "gt", "gte", "lt", "lte", "beginsWith", "endsWith", "contains",
    "exist", "notExist", "in", "notIn"
]  # fmt: skip


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AutotaskNote(Body):
    title: Annotated[str, Len(1, 250)]
    description: Annotated[str, Len(1, 32_000)]
    noteType: Number  # noqa: N815
    publish: Literal[1, 2]


class AutotaskTime(Body):
    ticketID: Number  # noqa: N815
    resourceID: Number  # noqa: N815
    roleID: Number  # noqa: N815
    dateWorked: Moment  # noqa: N815
    startDateTime: Moment  # noqa: N815
    endDateTime: Moment  # noqa: N815
    hoursWorked: Annotated[float, Field(gt=0, le=24)]  # noqa: N815
    summaryNotes: Annotated[str, Len(1, 8_000)] | None = None  # noqa: N815
    internalNotes: Annotated[str, Len(1, 8_000)] | None = None  # noqa: N815
    billingCodeID: Number | None = None  # noqa: N815


class AutotaskChange(Body):
    id: Number
    status: Number


class AutotaskTerm(Body):
    op: Operator
    field: str
    value: str | bool | int | list[int]


class AutotaskGroup(Body):
    op: Literal["and", "or"]
    items: list["AutotaskTerm | AutotaskGroup"]


class AutotaskQuery(Body):
    MaxRecords: Annotated[int, Field(ge=1, le=500)]
    IncludeFields: Annotated[list[str], Len(1)] | None = None
    filter: Annotated[list[AutotaskTerm | AutotaskGroup], Len(1)]


class HaloAction(Body):
    ticket_id: Number
    outcome: str | None = None
    outcome_id: Number | None = None
    note_html: str
    hiddenfromuser: bool
    timetaken: float | None = None
    sendemail: bool
    send_survey: bool
    who_agentid: Number | None = None


class HaloChange(Body):
    id: Number
    status_id: Number


HALO_ACTIONS = TypeAdapter(Annotated[list[HaloAction], Len(1)])
HALO_CHANGES = TypeAdapter(Annotated[list[HaloChange], Len(1)])


def faults_of(kind: type[Body] | TypeAdapter[Any], body: Any) -> list[str]:
    """What is wrong with a body, by place."""
    check = kind.validate_python if isinstance(kind, TypeAdapter) else kind.model_validate
    try:
        check(body)
    except ValidationError as error:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return []
