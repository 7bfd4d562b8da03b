"""What is changed of an account, by its owner and by staff. Its e-mail and password are changed elsewhere."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.errors import NotYourself
from apps.accounts.models import User
from apps.core.errors import Invalid, NotAllowed
from apps.core.text import clean

OWN, OF_STAFF = {"name"}, {"name", "role", "is_active"}


def change_user(*, user: User, by: User, **fields: Any) -> User:
    """A name by its owner; role and log-in by staff, whose own stay. Sockets of a user who changes are closed, and
    whatever that user brings is looked at anew. Raises NotAllowed, NotYourself, Invalid."""
    if fields.keys() - (OF_STAFF if by.is_staff else OWN) or not (by.is_staff or by == user):
        raise NotAllowed
    if "name" in fields:
        fields["name"] = checked_name(fields["name"])
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        new = {name: value for name, value in fields.items() if getattr(user, name) != value}
        if by == user and new.keys() - OWN:
            raise NotYourself
        before = {name: getattr(user, name) for name in new}
        for name, value in new.items():
            setattr(user, name, value)
        if new:
            user.save(update_fields=list(new))
            record(actor=by, verb="change", about=user, before=before, after=new)
    return user


def checked_name(name: str) -> str:
    longest = User._meta.get_field("name").max_length
    name = clean(name)
    if not name or len(name) > (longest or 0):
        raise Invalid(fields={"name": [_("Write a name of at most %(n)d letters.") % {"n": longest}]})
    return name
