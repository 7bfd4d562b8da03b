"""Nights that come again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.roles import Right
from apps.core.errors import DomainError
from apps.jams.models import Recurrence
from apps.jams.nights import end_repeating, next_dates, repeat_jam
from apps.jams.rules import DAYS
from apps.pages.forms import RepeatForm
from apps.pages.views.common import HostRequest, add_errors, find_hosted_jam, page_with_form, see_other
from apps.pages.words import rule_in_words

SHOWN = 5


@login_required
@page_with_form
def repeat(request: HostRequest, slug: str) -> HttpResponse:
    """POST with `end` ends it; else the jam comes again as the form says."""
    jam = find_hosted_jam(request, slug, Right.DUPLICATE)
    recurrence = Recurrence.objects.filter(jam=jam).first()
    if request.method == "POST" and "end" in request.POST:
        end_repeating(jam=jam, host=request.user)
        messages.success(request, _("No more nights are made. Those that are there stay."))
        return see_other("pages:repeat", jam.slug)
    day = DAYS[jam.starts_at.astimezone(jam.zone).weekday()]
    form = RepeatForm(request.POST or None, initial={"days": [day]})
    if request.method == "POST" and form.is_valid():
        options = {"until": form.cleaned_data["until"], "opens": form.cleaned_data["opens"]}
        try:
            made = len(repeat_jam(jam=jam, host=request.user, rule=form.rule, **options))
        except DomainError as error:
            add_errors(form, error)
        else:
            text = ngettext("Saved. %(n)d night is made already.", "Saved. %(n)d nights are made already.", made)
            messages.success(request, text % {"n": made})
            return see_other("pages:repeat", jam.slug)
    context = {
        "form": form,
        "jam": jam,
        "zone": jam.zone,
        "recurrence": recurrence,
        "words": rule_in_words(recurrence.rule) if recurrence else "",
        "next": next_dates(recurrence, SHOWN) if recurrence else [],
    }
    return render(request, "pages/jam_repeat.html", context, status=400 if form.errors else 200)
