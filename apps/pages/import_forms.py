"""Forms of an import: the file, and what its columns are."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import Right, may, roles_of
from apps.catalog.cells import HEADINGS
from apps.catalog.models import Song
from apps.catalog.reader import Columns
from apps.catalog.run_models import ImportRun
from apps.catalog.uploads import sample_of
from apps.pages.forms import InHouseStyle


class SongFileForm(InHouseStyle, forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"})
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = _("With a line that names the columns. At most %(mb)d MB and %(rows)d rows.")
        limits = {"mb": settings.MAX_IMPORT_BYTES // 2**20, "rows": settings.MAX_IMPORT_ROWS}
        self.fields["file"].help_text = text % limits
        self.fields["file"].widget.attrs["aria-describedby"] = "id_file_helptext"


class ColumnsForm(InHouseStyle, forms.Form):
    """What each column of the file is, and how songs that are known are taken. Changing songs is for staff."""

    near = forms.ChoiceField(
        label=gettext_lazy("Songs that may be in the library under another name"), required=False,
        choices=[(name, text) for name, text in ImportRun.Near.choices if name],
        help_text=gettext_lazy("Live versions, slips of the pen, other guests. What is surely the same is not asked."),
    )  # fmt: skip
    update = forms.BooleanField(
        label=gettext_lazy("Change songs that are known to what the file says"), required=False
    )  # fmt: skip

    def __init__(self, run: ImportRun, user: Any, data: Any = None) -> None:
        near = run.near if run.state != ImportRun.State.NEW else ImportRun.Near.ASK
        super().__init__(data, initial={"near": near, "update": run.update})
        columns: list[Any] = [Song._meta.get_field(name) for name in HEADINGS]
        choices = [("", _("leave it out")), *((column.name, column.verbose_name) for column in columns)]
        for place, (heading, cells) in enumerate(sample_of(run)):
            field: Any = forms.ChoiceField(label=heading, choices=choices, required=False)
            field.initial = run.columns[place] if place < len(run.columns) else ""
            field.help_text = " · ".join(filter(None, cells))
            self.fields[f"column_{place}"] = field
        if not may(Right.CHANGE_SONG, roles_of(user)):
            del self.fields["update"]
        self.dress()

    def of_the_file(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("column_")]

    def values(self) -> dict[str, Any]:
        """What `begin_import` takes."""
        columns: Columns = [self.cleaned_data[field.name] or None for field in self.of_the_file()]
        return {
            "columns": columns,
            "near": self.cleaned_data["near"] or ImportRun.Near.ASK,
            "update": self.cleaned_data.get("update", False),
        }
