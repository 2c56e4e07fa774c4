"""Roundup, a ticket system that others wrote: `python -m tests.psa.roundup_here DIRECTORY` makes a tracker
there, prints its port and serves it. The password of `admin` is `secret`; of calls it takes `LIMIT` an hour.
"""

import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from roundup.admin import AdminTool
from roundup.cgi.wsgi_handler import RequestDispatcher

LIMIT = 15


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def serve(home: Path) -> None:
    server = WSGIServer(("127.0.0.1", 0), Quiet)
    settings = {
        "tracker_web": f"http://127.0.0.1:{server.server_port}/",
        "mail_domain": "example.com",
        "mail_host": "localhost",
        "web_enable_rest": "yes",
        "web_api_calls_per_interval": str(LIMIT),
        "password_pbkdf2_default_rounds": "1000",
    }
    told = ",".join(f"{name}={value}" for name, value in settings.items())
    _administer("-i", str(home), "install", "classic", "sqlite", told)
    _administer("-i", str(home), "initialise", "secret")
    server.set_app(RequestDispatcher(str(home)))
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


def _administer(*words: str) -> None:
    sys.argv[1:] = words
    printed, sys.stdout = sys.stdout, sys.stderr
    try:
        if AdminTool().main():
            raise SystemExit("Roundup could not be set up.")
    finally:
        sys.stdout = printed


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
