"""What may stand in a request to ConnectWise PSA, and nothing else: its published schema (2022.1 of its
OpenAPI, of which no field is gone in 2025.8), as far as FlowPilot uses it."""

from typing import Annotated, Literal

from annotated_types import Len
from pydantic import Field, TypeAdapter

from tests.psa.simulator.bodies import Body, Moment, Number


class Reference(Body):
    id: Number


class Member(Body):
    identifier: Annotated[str, Len(1, 15)]


class Note(Body):
    text: Annotated[str, Len(1)]
    detailDescriptionFlag: bool  # noqa: N815
    internalAnalysisFlag: bool  # noqa: N815
    resolutionFlag: bool  # noqa: N815
    processNotifications: bool  # noqa: N815


class Time(Body):
    chargeToId: Number  # noqa: N815
    chargeToType: Literal["ServiceTicket"]  # noqa: N815
    member: Member | None = None
    workType: Reference | None = None  # noqa: N815
    timeStart: Moment  # noqa: N815
    timeEnd: Moment  # noqa: N815
    actualHours: Annotated[float, Field(gt=0, le=24)]  # noqa: N815
    notes: Annotated[str, Len(1)]
    addToDetailDescriptionFlag: bool  # noqa: N815
    addToInternalAnalysisFlag: bool  # noqa: N815
    addToResolutionFlag: bool  # noqa: N815
    emailContactFlag: bool  # noqa: N815
    emailResourceFlag: bool  # noqa: N815
    emailCcFlag: bool  # noqa: N815


class Change(Body):
    op: Literal["replace"]
    path: Literal["status"]
    value: Reference


CHANGES = TypeAdapter(Annotated[list[Change], Len(1, 1)])
