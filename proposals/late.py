"""Answers of a batch, taken up where the question was asked."""

from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.later import AnsweredEngine
from proposals import actions
from proposals.memory import Memory
from proposals.work import Tally, Work, may_begin


def take_up_answers(account: Account, tally: Tally, memory: Memory, deadline: float) -> None:
    """Judge and store the groups whose answer is there, or will not come any more.

    A group is claimed under the question's own id: if the pass breaks off, the next one goes on with the same
    answer. What was reopened meanwhile is closed there, the others go back into the line. An answer that
    cannot be used is asked for anew, at once: nothing is begun that could last beyond the deadline.
    """
    actions.recover_submitted(account.pk, now=timezone.now())
    for question in questions.ready(account.pk):
        engine = AnsweredEngine(account, question)
        if not may_begin(engine, deadline):
            return
        claim = actions.resume(account.pk, question.pk)
        if claim.sessions:
            tally.claimed += len(claim.sessions)
            Work(account.pk, claim.token, engine, tally, memory).analyse_claim(claim)
        questions.drop(question)
