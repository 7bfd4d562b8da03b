"""How the library of songs is searched on its page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from apps.catalog.models import Song
from apps.core.times import DAYS_BETWEEN
from apps.pages.forms import InHouseStyle

NOTES = ["C", "C♯", "D♭", "D", "D♯", "E♭", "E", "F", "F♯", "G♭", "G", "G♯", "A♭", "A", "A♯", "B♭", "B"]
KEYS = [f"{note}{mode}" for note in NOTES for mode in ("", "m")]
ANY = ("", gettext_lazy("Any"))
TEMPOS = {
    "slow": (gettext_lazy("Slow, below 90 bpm"), 0, 89),
    "medium": (gettext_lazy("Medium, 90 to 129 bpm"), 90, 129),
    "fast": (gettext_lazy("Fast, from 130 bpm"), 130, 400),
}
ORDERS = {
    "title": gettext_lazy("Title"),
    "artist": gettext_lazy("Artist"),
    "-popularity": gettext_lazy("Best known first"),
    "-times_played": gettext_lazy("Most played first"),
    "-last_played": gettext_lazy("Last played first"),
    "year": gettext_lazy("Oldest first"),
    "tempo": gettext_lazy("Slowest first"),
}


class SongFilterForm(InHouseStyle, forms.Form):
    """What the library is searched for. What is not understood is left out, never an error."""

    search = forms.CharField(label=gettext_lazy("Title or artist"), max_length=100, required=False)
    style = forms.CharField(label=gettext_lazy("Style"), max_length=50, required=False)
    key = forms.ChoiceField(label=gettext_lazy("Key"), required=False, choices=[ANY, *((key, key) for key in KEYS)])
    tempo = forms.ChoiceField(
        label=gettext_lazy("Tempo"), required=False, choices=[ANY, *((name, row[0]) for name, row in TEMPOS.items())]
    )
    sort = forms.ChoiceField(label=gettext_lazy("Order"), choices=ORDERS.items(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["search"].widget.input_type = "search"
        self.dress()

    def songs(self) -> Any:
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        songs = Song.objects.listed().search(wanted.get("search", ""))
        if "style" in wanted:
            songs = songs.filter(style__iexact=wanted["style"])
        if "key" in wanted:
            songs = songs.filter(key=wanted["key"])
        if "tempo" in wanted:
            _label, low, high = TEMPOS[wanted["tempo"]]
            songs = songs.filter(tempo__range=(low, high))
        return songs.in_order(wanted.get("sort", "title"))


class PeriodForm(InHouseStyle, forms.Form):
    """From one day to another. What is not understood is left out, never an error."""

    since = forms.DateField(
        label=gettext_lazy("From"), required=False, validators=DAYS_BETWEEN, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, validators=DAYS_BETWEEN, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()

    def days(self) -> dict[str, Any]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}
