"""What people type into the sessions room, and the files that they send."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import User
from flowpilot.core.uploads.intake import ACCEPTED, FILE_LIMIT, Prepared, UnusableUpload, prepared
from sessions.actions.attachments import AT_ONCE

PROBLEM_CHARACTERS = 200_000
"""Of a pasted log; what is looked for is its beginning."""


class ProblemForm(forms.Form):
    """A problem in somebody's own words, an error message, or a log."""

    problem = forms.CharField(
        label=_("What is the problem?"),
        max_length=PROBLEM_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Symptoms, the exact error message or its code, the application or device."),
    )


class HandOverForm(forms.Form):
    """Whom a session goes to: somebody of the reader's account."""

    to = forms.ModelChoiceField(queryset=User.objects.none())

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.queryset = User.objects.for_account(reader.account_id)


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


@dataclass(frozen=True)
class Tried:
    """What came of files that were sent: those that can be kept, and why others cannot."""

    kept: Sequence[Prepared] = ()
    problems: Sequence[str] = ()


class TriedFilesField(forms.FileField):
    """Several files. One that cannot be kept does not lose the others: what to do then is the form's."""

    widget = Files
    default_error_messages = {"too_many": _("At most %(count)d files at once.")}

    def clean(self, data: Any, initial: Any = None) -> Any:
        given: list[UploadedFile] = data if isinstance(data, list) else [data] if data else []
        if not given:
            super().clean(None, initial)
        if len(given) > AT_ONCE:
            raise forms.ValidationError(self.error_messages["too_many"] % {"count": AT_ONCE})
        problems, kept = [], []
        for file in given:
            try:
                # One byte more than allowed tells a file that is too large without reading all of it.
                kept.append(prepared(file.name or "", file.read(FILE_LIMIT + 1)))
            except UnusableUpload as problem:
                problems.append(str(problem))
        return Tried(kept, problems)


class FilesField(TriedFilesField):
    """Several files, as what is kept of them: all or none."""

    def clean(self, data: Any, initial: Any = None) -> Sequence[Prepared]:
        tried: Tried = super().clean(data, initial)
        if tried.problems:
            raise forms.ValidationError(list(tried.problems))
        return tried.kept


class AttachForm(forms.Form):
    uploads = FilesField(
        label=_("Add files"),
        widget=Files(attrs={"accept": ",".join(ACCEPTED)}),
        help_text=_(
            "Screenshots (PNG, JPEG, GIF, WEBP) and logs (txt, log, csv), at most 5 files of 10 MB. Of images"
            " only the pixels are kept."
        ),
    )
