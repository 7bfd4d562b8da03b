"""Many new rows at once."""

from collections.abc import Iterable
from itertools import chain
from operator import attrgetter

from django.db import connections, router
from django.db.models import BooleanField, CharField, Field, IntegerField, Model, TextField
from django.db.models.expressions import DatabaseDefault

PLAIN = (BooleanField, CharField, IntegerField, TextField)  # stored as they are


def insert_many(rows: Iterable[Model]) -> None:
    """Inserts rows of one model, whose keys do not come back and for which no signal is sent. Raises IntegrityError.

    On PostgreSQL by COPY: it stores while the next rows are made.
    """
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    rows, model = chain([first], rows), type(first)
    connection = connections[router.db_for_write(model)]
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows)
        return
    fields = [field for field in model._meta.concrete_fields if said(field, first)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = attrgetter(*(field.attname for field in fields))
    others = [(place, field) for place, field in enumerate(fields) if not isinstance(field, PLAIN)]
    into = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            cells = list(values(row))
            for place, field in others:
                cells[place] = field.get_db_prep_save(field.pre_save(row, add=True), connection)
            copy.write_row(cells)


def said(field: "Field", row: Model) -> bool:
    """Whether the row has a value, and not what the database makes."""
    return not field.primary_key and not isinstance(getattr(row, field.attname), DatabaseDefault)
