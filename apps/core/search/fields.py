"""The column of terms, and what a QuerySet can ask of it: `filter(terms__have="bohemian rhap")`."""

from itertools import pairwise
from typing import Any

from django.db import models
from django.db.models import Lookup

from apps.core.search import postgresql, sqlite
from apps.core.search.alternatives import Term
from apps.core.search.terms import asked
from apps.core.text import clean


class TermsField(models.TextField):
    """Terms with single spaces between; how they are indexed, index.py says."""

    def __init__(self, **options: Any) -> None:
        kept: dict[str, Any] = {"db_default": "", "editable": False} | options
        super().__init__(**kept)


@TermsField.register_lookup
class Have(Lookup):
    """Every term of a text begins one of the row's. Blank finds all, a text of signs nothing."""

    lookup_name = "have"
    prepare_rhs = False

    def wanted(self) -> list[Term]:
        terms = asked(self.rhs)
        pairs = [(place, one + other) for place, (one, other) in enumerate(pairwise(terms))]  # 'radio-head'
        either = [(place + more, both) for place, both in pairs for more in (0, 1)]
        return [Term(place, term, begun=True) for place, term in [*enumerate(terms), *either]]

    def without_terms(self) -> tuple[str, list[Any]]:
        return ("FALSE" if clean(self.rhs) else "TRUE"), []

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        if not self.wanted():
            return self.without_terms()
        sql, params = self.process_lhs(compiler, connection)
        return f"array_to_tsvector(string_to_array({sql}, ' ')) @@ %s::tsquery", [
            *params,
            postgresql.tsquery(self.wanted(), ""),
        ]

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        if not self.wanted():
            return self.without_terms()
        column: Any = self.lhs
        table = column.target.model._meta.db_table
        sql = f'"{column.alias}"."id" IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH %s)'
        return sql, [sqlite.match(self.wanted(), "")]
