"""The web server: `python -m flowpilot.core.serving HOST PORT`.

uvicorn's command line gives the log of its parent process a form of its own; from here it takes ours.
"""

import os
import sys

import uvicorn
from django.conf import settings

PROCESSES = 2
REQUEST_GRACE_SECONDS = 3
"""How long a running request may go on once the server is told to stop."""


def serve(host: str, port: int) -> None:
    """Returns when it was told to stop; exits with a line of the log when it cannot listen."""
    uvicorn.run(
        "flowpilot.asgi:application",
        host=host,
        port=port,
        workers=PROCESSES,
        timeout_graceful_shutdown=REQUEST_GRACE_SECONDS,
        # The parser that bounds unfinished headers (64 kB); the other one takes 50 MB of them.
        http="h11",
        server_header=False,
        access_log=False,
        log_config=settings.LOGGING,
        log_level="warning",
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")
    serve(sys.argv[1], int(sys.argv[2]))
