"""The nouns of analytics: what was counted, and where knowledge is missing."""

from analytics.models.gaps import GapSession as GapSession
from analytics.models.gaps import KnowledgeGap as KnowledgeGap
from analytics.models.known import KnownBefore as KnownBefore
from analytics.models.rollups import FATES as FATES
from analytics.models.rollups import FIGURES as FIGURES
from analytics.models.rollups import ROLLUPS as ROLLUPS
from analytics.models.rollups import ClientDay as ClientDay
from analytics.models.rollups import CountedDay as CountedDay
from analytics.models.rollups import DomainDay as DomainDay
from analytics.models.rollups import FlowDay as FlowDay
from analytics.models.rollups import RollupState as RollupState
from analytics.models.rollups import ScoreDay as ScoreDay
from analytics.models.rollups import TeamDay as TeamDay
from analytics.models.rollups import TierDay as TierDay
from analytics.models.rollups import TouchedDay as TouchedDay
