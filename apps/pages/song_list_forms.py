"""Forms of a venue's song list: where it stands, and what its columns are."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import Right, may, roles_of
from apps.catalog.cells import HEADINGS, column_of
from apps.catalog.errors import Unreadable
from apps.catalog.list_fetching import first_records
from apps.catalog.list_models import SongList
from apps.catalog.models import Song
from apps.catalog.rows import show
from apps.catalog.song_lists import NEAR
from apps.catalog.validators import LONGEST_LIST_URL
from apps.core.text import fold
from apps.pages.forms import InHouseStyle

SAMPLES = 3
COLUMNS: list[Any] = [Song._meta.get_field(name) for name in HEADINGS]
NAMES = {column.name: column.verbose_name for column in COLUMNS}


class SongListForm(InHouseStyle, forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address of the list"), max_length=LONGEST_LIST_URL, required=False,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://"}),
        help_text=gettext_lazy(
            "A spreadsheet that is published as CSV, or JSON. Everybody must be able to open it. Empty: no list."
        ),
    )  # fmt: skip
    schedule = forms.ChoiceField(label=gettext_lazy("Look at it"), choices=SongList.Schedule.choices)
    near = forms.ChoiceField(
        label=gettext_lazy("Songs that may be in the library under another name"),
        choices=[(one.value, one.label) for one in NEAR],
        help_text=gettext_lazy("Live versions, slips of the pen, other guests. What is surely the same is not asked."),
    )
    by_itself = forms.BooleanField(
        label=gettext_lazy("Apply by itself what is found then, unless too many songs would go"), required=False
    )
    update = forms.BooleanField(
        label=gettext_lazy("Change songs that are known to what the list says"), required=False
    )  # fmt: skip

    def __init__(self, row: SongList, user: Any, data: Any = None) -> None:
        names = ("url", "schedule", "near", "by_itself", "update")
        super().__init__(data, initial={name: getattr(row, name) for name in names})
        if not may(Right.CHANGE_SONG, roles_of(user)):
            del self.fields["update"]
        self.row = row
        self.dress()

    def values(self) -> dict[str, Any]:
        """What `set_song_list` takes; what somebody may not say stays as it is."""
        return {"mapping": self.row.mapping, "update": self.row.update, **self.cleaned_data}


class ListColumnsForm(InHouseStyle, forms.Form):
    """What each column of the copy is. Raises Unreadable where there is none to see."""

    def __init__(self, row: SongList, data: Any = None) -> None:
        super().__init__(data)
        header, *rows = first_records(row, 1 + SAMPLES)
        said = {fold(name): column for name, column in row.mapping.items()}
        self.headings = header.fields[:100]
        choices = [("", _("leave it out")), *NAMES.items()]
        for place, heading in enumerate(self.headings):
            field: Any = forms.ChoiceField(label=show(heading), choices=choices, required=False)
            field.initial = said.get(fold(heading), column_of(heading) or "")
            cells = [show(one.fields[place]) for one in rows if place < len(one.fields)]
            field.help_text = " · ".join(filter(None, cells))
            self.fields[f"column_{place}"] = field
        self.dress()

    def mapping(self) -> dict[str, str]:
        """Of what the headings do not say by themselves."""
        chosen = {heading: self.cleaned_data[f"column_{place}"] for place, heading in enumerate(self.headings)}
        return {name: column for name, column in chosen.items() if column != (column_of(name) or "")}


def columns_form(row: SongList, data: Any = None) -> ListColumnsForm | None:
    try:
        return ListColumnsForm(row, data) if row.digest else None
    except Unreadable:
        return None
