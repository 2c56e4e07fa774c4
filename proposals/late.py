"""Answers of a batch, taken up where the question was asked."""

from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.later import AnsweredEngine
from proposals import actions
from proposals.memory import Memory
from proposals.work import Tally, Work


def take_up_answers(account: Account, tally: Tally, memory: Memory, deadline: float) -> None:
    """Judge and store the groups whose answer is there, or will not come any more.

    A group is claimed anew, under a token of this pass: if the pass breaks off, its members are taken over
    like any others. What was reopened meanwhile is closed there, the others go back into the line.
    """
    actions.recover_submitted(account.pk, now=timezone.now())
    for question in questions.ready(account.pk):
        claim = actions.resume(account.pk, question.pk)
        if claim.sessions:
            tally.claimed += len(claim.sessions)
            engine = AnsweredEngine(account, question)
            Work(account.pk, claim.token, engine, tally, memory, deadline).analyse_claim(claim)
        questions.drop(question)
