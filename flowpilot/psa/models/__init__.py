"""The nouns of the ticket systems."""

from flowpilot.psa.models.call import PsaCall as PsaCall
from flowpilot.psa.models.connection import PsaConnection as PsaConnection
from flowpilot.psa.models.practice import PracticeNote as PracticeNote
from flowpilot.psa.models.practice import PracticeTicket as PracticeTicket
from flowpilot.psa.models.push import PsaPush as PsaPush
from flowpilot.psa.models.push import PsaPushAttempt as PsaPushAttempt
from flowpilot.psa.models.webhook import PsaWebhook as PsaWebhook
