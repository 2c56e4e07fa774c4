"""The nouns of the sessions room."""

from sessions.models.attachment import Attachment as Attachment
from sessions.models.counted import FlowCount as FlowCount
from sessions.models.search import SessionDocument as SessionDocument
from sessions.models.search import SessionPosting as SessionPosting
from sessions.models.session import EXPLORING_FROM as EXPLORING_FROM
from sessions.models.session import GUIDED_ABOVE as GUIDED_ABOVE
from sessions.models.session import OPENING_LENGTH as OPENING_LENGTH
from sessions.models.session import PROBLEM_SEARCH as PROBLEM_SEARCH
from sessions.models.session import AISession as AISession
from sessions.models.session import AISessionQuerySet as AISessionQuerySet
from sessions.models.session import opening_in as opening_in
from sessions.models.session import tier_for as tier_for
from sessions.models.step import AISessionStep as AISessionStep
from sessions.models.step import SessionEvent as SessionEvent
from sessions.models.step import label_of as label_of
from sessions.models.turn import Turn as Turn
