"""Forms of webhooks: where events go and which, an inbox, and how long an old secret holds on."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy, ngettext

from apps.pages.forms import InHouseStyle
from apps.webhooks.kinds import Kind
from apps.webhooks.models import LONGEST_NAME, LONGEST_URL, Endpoint

HOURS = (0, 1, 24, 72, 168)


class WebhookForm(InHouseStyle, forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://example.com/hook"}),
        help_text=gettext_lazy("Public, and https. Redirects are not followed."),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=LONGEST_NAME, required=False,
        help_text=gettext_lazy("So that you know it again."),
    )  # fmt: skip
    types = forms.MultipleChoiceField(
        label=gettext_lazy("It hears that"), choices=Kind.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, endpoint: Endpoint | None = None, **kwargs: Any) -> None:
        first: dict[str, Any] = {"types": Kind.values}
        if endpoint:
            first = {"url": endpoint.url, "name": endpoint.name, "types": endpoint.types}
        super().__init__(*args, **{"initial": first, **kwargs})
        self.dress()


class InboxForm(InHouseStyle, forms.Form):
    inbox = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=LONGEST_NAME,
        help_text=gettext_lazy("The system that tells us: “stage controller”, “our shop”."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()


class RotationForm(InHouseStyle, forms.Form):
    hours = forms.TypedChoiceField(label=gettext_lazy("The old secret holds on for"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = settings.WEBHOOK_OVERLAP_HOURS
        hours: Any = self.fields["hours"]
        hours.choices = [(n, ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}) for n in sorted({*HOURS, usual})]
        hours.initial = usual
        self.dress()
