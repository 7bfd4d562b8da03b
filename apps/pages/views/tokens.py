"""API tokens of whoever is logged in: what there is, one more, one less."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from apps.accounts.models import ApiToken
from apps.accounts.tokens import make_token, revoke_token
from apps.core.errors import DomainError
from apps.pages.forms import TokenForm
from apps.pages.views.common import HostRequest, add_errors, page_of, page_with_form, see_other


@login_required
@page_with_form
def tokens(request: HostRequest) -> HttpResponse:
    """The answer to the form alone shows the new token: it is on no page that can be asked for again."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, text = make_token(user=request.user, **form.cleaned_data)
        except DomainError as error:
            add_errors(form, error)
        else:
            return render(request, "pages/account/token_made.html", {"token": token, "text": text})
    rows = ApiToken.objects.filter(user=request.user).order_by("-pk")
    context = {"form": form, "page": page_of(request, rows)}
    return render(request, "pages/account/tokens.html", context, status=400 if form.errors else 200)


@login_required
@page_with_form
def token_revoke(request: HostRequest, token: int) -> HttpResponse:
    """Asks first."""
    found = get_object_or_404(ApiToken.objects.select_related("user"), user=request.user, pk=token)
    if request.method != "POST":
        return render(request, "pages/account/token_revoke.html", {"token": found})
    revoke_token(token=found, by=request.user)
    messages.success(request, _("“%(name)s” is revoked: whatever used it is shut out.") % {"name": found.name})
    return see_other("pages:tokens")
