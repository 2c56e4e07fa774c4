"""What is typed before the sign-in reaches no log, and secrets no audit; `test_every_field` has the rest."""

import json
import logging

from django.test import Client

from flowpilot.accounts.models import AuditEvent
from tests.addresses import of_others, superuser_within
from tests.core.test_logs import Kept
from tests.factories import Cast
from tests.hostile.finding import forms_on, undone

SECRETS = ("password", "credential", "secret", "token", "code")


def test_what_strangers_type_reaches_no_log(db: None) -> None:
    canary, kept, root, client = "canary8127", Kept(), logging.getLogger(), Client()
    root.addHandler(kept)
    try:
        for form in list(forms_on(client, of_others("accounts/"))):
            typed = {name: [canary] for name in form.names if name not in form.files}
            undone(client, form, {**form.fields, **typed}, follow=False)
    finally:
        root.removeHandler(kept)

    assert len(kept.lines) > 5
    assert canary not in json.dumps(kept.lines)


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
