"""Which published flows answer a problem, how probable it is, and why: the doors of the package."""

from flowpilot.flows.matching.questions import missing as missing
from flowpilot.flows.matching.ranking import Match as Match
from flowpilot.flows.matching.ranking import rank as rank
