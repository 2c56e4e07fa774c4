"""What is typed into any field reaches neither the log nor another account, and secrets not the audit."""

import json
import logging
from typing import Any

from django.db import transaction
from django.test import Client

from flowpilot.accounts.models import AuditEvent
from tests.addresses import of_others, of_the_product, superuser_within
from tests.core.test_logs import Kept
from tests.factories import Cast
from tests.hostile.forms import Form
from tests.hostile.test_every_field import forms_of_the_product, forms_on
from tests.screens import signed_in

SECRETS = ("password", "credential", "secret", "token", "code")


def planted(form: Form, canary: str) -> dict[str, Any]:
    """A canary in every field but those that must name something."""
    return {**form.fields, **{name: [canary] for name in form.names if name not in form.files}}


def plant_everywhere(cast: Cast, canary: str) -> None:
    """Every form once, its effects kept where they do not stand in the way of the next."""
    clients = forms_of_the_product(cast)
    strangers = Client()
    clients.append((strangers, list(forms_on(strangers, list(of_others("accounts/"))))))
    for client, forms in clients:
        for form in forms:
            asked = client.get if form.method == "get" else client.post
            with transaction.atomic():
                asked(form.action, planted(form, canary))


def test_no_log_line_and_no_page_of_another_account_has_it(cast: Cast, outsiders: Cast) -> None:
    canary, kept, root = "canary8127", Kept(), logging.getLogger()
    root.addHandler(kept)
    try:
        plant_everywhere(cast, canary)
    finally:
        root.removeHandler(kept)

    assert len(kept.lines) > 20
    assert canary not in json.dumps(kept.lines)
    stranger = signed_in(outsiders.account_admin)
    seen = [each.name for each in of_the_product(cast) if canary in stranger.get(each.url).content.decode()]
    assert seen == []


def test_a_secret_in_a_form_of_the_admin_reaches_no_page_and_no_audit(cast: Cast) -> None:
    client, canary = superuser_within(cast), "canary8128"
    added = [each for each in of_others("admin/") if each.name.endswith("_add")]
    tried = 0
    for form in forms_on(client, added):
        secret = [name for name in form.names if any(word in name for word in SECRETS)]
        if secret:
            tried += 1
            data = {**form.fields, **{name: [json.dumps({"k": canary})] for name in secret}}
            answer = client.post(
                form.action, {**data, "name": "x", "provider": "x", "email": "x@acme.example"}
            )
            assert canary not in answer.content.decode()

    assert tried >= 2
    noted = AuditEvent.objects.values_list("changes", "note", "subject_name")
    assert canary not in str(list(noted))
