from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import ngettext

from apps.accounts.models import User
from apps.accounts.tokens import revoke_tokens


class Command(BaseCommand):
    help = "Revokes all API tokens of a user, at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, metavar="E-MAIL")

    def handle(self, *, user: str, **options: Any) -> None:
        try:
            found = User.objects.get_by_natural_key(user)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account with the address {user}.") from error
        revoked = revoke_tokens(user=found, by=None)
        self.stdout.write(ngettext("%(n)d token revoked.", "%(n)d tokens revoked.", revoked) % {"n": revoked})
