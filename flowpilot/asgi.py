import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")
django_application = get_asgi_application()

from flowpilot.core.edge.bodies import BoundedBodies  # noqa: E402 it reads the settings

application = BoundedBodies(django_application)
