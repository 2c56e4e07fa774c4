"""What the analysis job made of resolved sessions, and what people decided about it."""

from proposals.models.analysis import AnalysisRun as AnalysisRun
from proposals.models.analysis import SessionAnalysis as SessionAnalysis
from proposals.models.decision import ProposalDecision as ProposalDecision
from proposals.models.draft import ProposalDraft as ProposalDraft
from proposals.models.evidence import EvidenceQuerySet as EvidenceQuerySet
from proposals.models.evidence import ProposalEvidence as ProposalEvidence
from proposals.models.proposal import PROPOSAL_SEARCH as PROPOSAL_SEARCH
from proposals.models.proposal import FlowProposal as FlowProposal
from proposals.models.proposal import ProposalQuerySet as ProposalQuerySet
from proposals.models.replay import DraftReplay as DraftReplay
