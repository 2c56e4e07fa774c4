"""Bring the queue's schedule in line with the timetable in the code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from flowpilot.schedules import SCHEDULES


class Command(BaseCommand):
    help = "Create, update and remove schedules so that they equal flowpilot/schedules.py."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="print nothing")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        removed, _details = Schedule.objects.exclude(name__in=SCHEDULES).delete()
        for name, (function, minutes) in SCHEDULES.items():
            Schedule.objects.update_or_create(
                name=name,
                defaults={
                    "func": function,
                    "schedule_type": Schedule.MINUTES,
                    "minutes": minutes,
                    "repeats": -1,
                },
                create_defaults={
                    "func": function,
                    "schedule_type": Schedule.MINUTES,
                    "minutes": minutes,
                    "repeats": -1,
                    "next_run": timezone.now(),
                },
            )
        if not options["quiet"]:
            self.stdout.write(f"{len(SCHEDULES)} schedules in place, {removed} removed.")
