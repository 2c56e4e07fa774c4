import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")
django_application = get_asgi_application()

from flowpilot.core.edge.bodies import BoundedBodies  # noqa: E402 it reads the settings
from sessions.thread.middleware import StreamDoor  # noqa: E402 it reads models

application = StreamDoor(BoundedBodies(django_application))
