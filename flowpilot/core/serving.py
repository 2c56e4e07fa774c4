"""The web server: `python -m flowpilot.core.serving HOST PORT`.

uvicorn's command line gives the log of its parent process a form of its own; from here it takes ours. And its
processes each load the application anew; ours are forks of a parent that has loaded it, so they share a third
of their memory, and one that died is replaced in a moment.
"""

import gc
import multiprocessing
import os
import signal
import sys
from importlib import import_module
from socket import socket

from django.conf import settings
from django.urls import get_resolver
from uvicorn import Config
from uvicorn._subprocess import subprocess_started
from uvicorn.supervisors import multiprocess

from flowpilot.core.collector import settle

PROCESSES = 2
SILENCE_SECONDS = 30
"""How long a process may take to say that it lives. On a busy machine it waits for its turn, which is no
reason to cut its requests off."""
REQUEST_GRACE_SECONDS = 3
"""How long a running request may go on once the server is told to stop."""
APPLICATION = "flowpilot.asgi"
FORK = multiprocessing.get_context("fork")


class Forked(multiprocess.Process):
    """A process of the server: a fork instead of a new interpreter. The parent has neither threads nor
    connections that it could inherit, only the parent's way with signals. That it drops before it hears any:
    a signal to end that came in between would be lost."""

    def __init__(self, config: Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        given = {"config": config, "target": self.target, "sockets": sockets, "stdin_fileno": None}
        self.process = FORK.Process(target=_started, kwargs=given)  # type: ignore[assignment]

    def start(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, multiprocess.SIGNALS)
        try:
            super().start()
            self.child_conn.close()  # the child's alone: its death is heard at once
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, multiprocess.SIGNALS)


def _started(**given: object) -> None:
    for number in multiprocess.SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, multiprocess.SIGNALS)
    settle()
    subprocess_started(**given)  # type: ignore[arg-type]


def serve(host: str, port: int) -> None:
    """Returns when it was told to stop; exits with a line of the log when it cannot listen."""
    config = configuration(host, port)
    sockets = [config.bind_socket()]
    load()
    multiprocess.Process = Forked  # type: ignore[misc] # what its supervisor starts
    multiprocess.Multiprocess(config, sockets).run()


def configuration(host: str, port: int) -> Config:
    return Config(
        f"{APPLICATION}:application",
        host=host,
        port=port,
        workers=PROCESSES,
        timeout_worker_healthcheck=SILENCE_SECONDS,
        timeout_graceful_shutdown=REQUEST_GRACE_SECONDS,
        # The parser that bounds unfinished headers (64 kB); the other one takes 50 MB of them.
        http="h11",
        server_header=False,
        # Who asked is told by proxies that the settings trust, not by whoever calls from this machine.
        proxy_headers=False,
        access_log=False,
        log_config=settings.LOGGING,
        log_level="warning",
    )


def load() -> None:
    """Everything that answers requests; the collector then leaves it alone, or it would copy the pages."""
    import_module(APPLICATION)
    len(get_resolver().reverse_dict)  # reads every urls module
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")
    serve(sys.argv[1], int(sys.argv[2]))
