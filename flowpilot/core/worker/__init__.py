"""The queue's cluster under supervision: `manage.py worker`.

django-q2 can wedge for good: a process killed while it waits on a queue of the cluster takes that queue's
lock with it, and everything looks alive. So the cluster tells the supervisor what it does (`reports`), the
supervisor sends heartbeats through the queue (`heartbeat`), judges from what it hears whether work goes on
(`evidence`), and replaces a cluster in which it does not (`supervisor`). A cluster never outlives its
supervisor (`lifeline`).
"""
