"""The door for ticket systems that call. They are strangers: address and signature are their only papers."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from flowpilot.accounts.roles import public
from flowpilot.core.edge.bodies import takes_raw
from flowpilot.psa.ports import BadSignature
from flowpilot.psa.webhooks import receiving

log = logging.getLogger(__name__)


@takes_raw
@csrf_exempt
@require_POST
@public
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """204 for a genuine call, new or repeated; 404 for an address that is nobody's, 403 for all else."""
    try:
        receiving.receive(token, request.headers, request.body)
    except receiving.NoSuchAddress:
        return HttpResponse(status=404)
    except BadSignature as refusal:
        log.warning("A call of a ticket system was refused", exc_info=refusal)
        return HttpResponse(status=403)
    return HttpResponse(status=204)
