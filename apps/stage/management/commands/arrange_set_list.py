from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.jams.models import Jam
from apps.stage.planning.algorithms import ALGORITHMS
from apps.stage.setlist import DEFAULT, arrange


class Command(BaseCommand):
    help = "Arrange the set list of a jam: arrange_set_list blue-monday --by host@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("jam", help="the last part of its address")
        parser.add_argument("--by", required=True, metavar="E-MAIL", help="a host of the jam, for whom it is done")
        parser.add_argument("--algorithm", choices=sorted(ALGORITHMS), default=DEFAULT)

    def handle(self, *args: Any, jam: str, by: str, algorithm: str, **options: Any) -> None:
        night = Jam.objects.filter(slug=jam).first()
        host = User.objects.filter(email__iexact=by).first()
        if night is None or host is None:
            raise CommandError(_("There is nothing called %(about)s.") % {"about": by if night else jam})
        try:
            moved = arrange(jam=night, host=host, algorithm=algorithm)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(_("Songs that have moved: %(n)d.") % {"n": len(moved)})
