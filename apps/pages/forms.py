"""Forms of the pages. They check the shape of what was typed; the rules are the operations'."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import ApiToken, User
from apps.accounts.roles import Right
from apps.catalog.flags import FLAGS
from apps.catalog.models import LONGEST_REASON, LibrarySong, Song, Venue
from apps.catalog.music import MAX_INSTRUMENT
from apps.catalog.statistics import LONGEST_SEARCH
from apps.core.text import clean
from apps.jams.house_rules import first_values
from apps.jams.models import Jam
from apps.jams.rules import DAYS, monthly, weekly
from apps.pages.overtaken import Remembering


class JoinForm(forms.Form):
    display_name = forms.CharField(max_length=40, required=False)
    room_code = forms.CharField(max_length=20, required=False)


class SuggestForm(forms.Form):
    """A song of the library, or a title and an artist."""

    song = forms.ModelChoiceField(Song.objects.listed(), required=False)
    title = forms.CharField(max_length=200, required=False)
    artist = forms.CharField(max_length=200, required=False)
    instrument = forms.CharField(max_length=MAX_INSTRUMENT, required=False)
    insist = forms.BooleanField(required=False)
    found_by = forms.CharField(max_length=LONGEST_SEARCH, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("song") and not (data.get("title") and data.get("artist")) and not self.errors:
            raise forms.ValidationError(_("Choose a song, or write its title and its artist."))
        return data

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])

    def wanted(self) -> dict[str, Any]:
        names = ["song"] if self.cleaned_data["song"] else ["title", "artist"]
        return {name: self.cleaned_data[name] for name in [*names, "instrument", "insist"]}


class SignUpForm(forms.Form):
    """What allauth's own form does not ask."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        user.name = clean(self.cleaned_data["name"])
        user.save(update_fields=["name"])


class InHouseStyle:
    """The class that the house's fields have. What is written in one goes in the direction of its own letters."""

    fields: dict[str, forms.Field]

    def dress(self) -> None:
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.FileInput):
                field.widget.attrs.setdefault("class", "input")
            if isinstance(field.widget, forms.TextInput | forms.Textarea):
                field.widget.attrs.setdefault("dir", "auto")


class LocalDateTimeField(forms.DateTimeField):
    """As the browser's own picker writes it, without a zone: the zone is the venue's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        with timezone.override(None):
            moment = super().to_python(value)
        return timezone.make_naive(moment) if moment and timezone.is_aware(moment) else moment


def in_zone(moment: Any, zone: ZoneInfo) -> Any:
    return moment.replace(tzinfo=zone) if moment else None


def limits_of(model: type[Jam | Venue], name: str) -> dict[str, int]:
    """The model's limits, for the browser to tell while somebody types."""
    validators = getattr(model, name).field.validators
    lowest = [v.limit_value for v in validators if isinstance(v, MinValueValidator)]
    highest = [v.limit_value for v in validators if isinstance(v, MaxValueValidator)]
    return {"min": max(lowest), "max": min(highest)}


MOST_LINES = 200  # of songs that are pasted at once
TIMES = ("starts_at", "ends_at", "voting_closes_at")


class JamForm(Remembering, InHouseStyle, forms.ModelForm):
    starts_at = LocalDateTimeField(label=gettext_lazy("Starts"))
    ends_at = LocalDateTimeField(label=gettext_lazy("Ends"))
    voting_closes_at = LocalDateTimeField(
        label=gettext_lazy("Voting closes"), required=False, help_text=gettext_lazy("Empty: when you end the night.")
    )
    background = forms.FileField(
        label=gettext_lazy("Background image"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG or WebP. People see it when they join."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    class Meta:
        model = Jam
        fields = (
            "venue", "name", "description", "starts_at", "ends_at", "voting_closes_at", "approve_suggestions",
            "max_suggestions", "max_votes", "sign_ups", "max_sign_ups", "counts", "counts_top", "door", "background",
        )  # fmt: skip
        labels = {
            "approve_suggestions": gettext_lazy("Suggestions wait until I approve them"),
            "max_votes": gettext_lazy("Votes a person can have out at once"),
            "max_suggestions": gettext_lazy("Open suggestions a person can have"),
            "sign_ups": gettext_lazy("Performers sign up for songs"),
            "max_sign_ups": gettext_lazy("Sign-ups a performer can have at once"),
            "counts": gettext_lazy("Vote counts are"),
            "counts_top": gettext_lazy("How many of the first"),
            "door": gettext_lazy("The door"),
        }
        help_texts = {
            "max_votes": gettext_lazy("Empty: as many as they like. A vote comes back when its song is played."),
            "counts_top": gettext_lazy("For “shown for the first few only”."),
            "door": gettext_lazy("The room code stands on the big screen and changes every minute."),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        jam: Jam = self.instance
        if jam.pk:
            del self.fields["venue"]
            for name in TIMES:
                moment = getattr(jam, name)
                # To the minute, as the browser's picker shows it.
                self.initial[name] = timezone.make_naive(moment, jam.zone).replace(second=0) if moment else None
        else:
            managed = Venue.objects.letting(user, Right.HOLD_JAM).in_order()
            self.fields["venue"] = forms.ModelChoiceField(managed, label=gettext_lazy("Venue"), empty_label=None)
            first = None if self.is_bound else managed.first()
            self.initial.update(first_values(first) if first else {})
        self.fields["door"].required = False
        for name in ("max_votes", "max_suggestions", "max_sign_ups", "counts_top"):
            self.fields[name].widget.attrs |= limits_of(Jam, name)
        self.dress()
        self.remember()

    def made_for(self, row: Any, *given: Any) -> "JamForm":
        return JamForm(*given, instance=row, user=self.user)

    def clean_door(self) -> str:
        return self.cleaned_data["door"] or self.instance.door

    def clean_background(self) -> Any:
        upload = self.cleaned_data["background"]
        if isinstance(upload, UploadedFile) and (upload.size or 0) > settings.MAX_IMAGE_BYTES:
            size = {"mb": settings.MAX_IMAGE_BYTES // 2**20}
            raise forms.ValidationError(_("The image is too large: at most %(mb)d MB.") % size)
        return upload

    def values(self) -> dict[str, Any]:
        """What the operations take: times in the zone of the venue."""
        data = dict(self.cleaned_data)
        venue = data.get("venue") or self.instance.venue
        zone = ZoneInfo(venue.time_zone)
        data |= {name: in_zone(data[name], zone) for name in TIMES}
        data["background"] = data["background"] or ""
        return data

    def _post_clean(self) -> None:
        """The operation checks the model's rules; the instance stays as it was."""


class DuplicateForm(InHouseStyle, forms.Form):
    starts_at = LocalDateTimeField(label=gettext_lazy("Starts"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()


class RepeatForm(InHouseStyle, forms.Form):
    """When a jam comes again, as people say it; `rule` says it as RFC 5545 does."""

    WEEKLY = {"1": gettext_lazy("every week"), "2": gettext_lazy("every other week")}
    NUMBERS = {
        "first": (1, gettext_lazy("first of the month")),
        "second": (2, gettext_lazy("second of the month")),
        "third": (3, gettext_lazy("third of the month")),
        "fourth": (4, gettext_lazy("fourth of the month")),
        "last": (-1, gettext_lazy("last of the month")),
    }
    often = forms.MultipleChoiceField(
        label=gettext_lazy("How often"), widget=forms.CheckboxSelectMultiple, initial=["1"],
        choices=[*WEEKLY.items(), *((name, text) for name, (_number, text) in NUMBERS.items())],
    )  # fmt: skip
    days = forms.MultipleChoiceField(
        label=gettext_lazy("On"), widget=forms.CheckboxSelectMultiple,
        choices=[(day, WEEKDAYS[place]) for place, day in enumerate(DAYS)],
    )  # fmt: skip
    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last date. Leave it empty to go on."),
    )  # fmt: skip
    opens = forms.BooleanField(
        label=gettext_lazy("Each night takes votes as soon as it is made"), required=False,
        help_text=gettext_lazy("Otherwise it is a draft, which you open."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()

    def clean_often(self) -> list[str]:
        often = self.cleaned_data["often"]
        if len(often) > 1 and set(often) & set(self.WEEKLY):
            raise forms.ValidationError(_("Choose one of the weekly ones alone, or several of the month."))
        return often

    @property
    def rule(self) -> str:
        often, days = self.cleaned_data["often"], self.cleaned_data["days"]
        if often[0] in self.WEEKLY:
            return weekly(days, interval=int(often[0]))
        return monthly([self.NUMBERS[name][0] for name in often], days)


class TokenForm(InHouseStyle, forms.Form):
    """A program's token: its name, what it may change, and for how long."""

    name = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=ApiToken.LONGEST_NAME,
        help_text=gettext_lazy("So that you know it again: “lights”, “my spreadsheet”."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"), choices=ApiToken.Scope.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("It reads whatever you may read. Tick what it may change, and no more than it needs."),
    )  # fmt: skip
    days = forms.TypedChoiceField(label=gettext_lazy("It expires after"), coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most, usual = settings.MAX_API_TOKEN_DAYS, settings.API_TOKEN_DAYS
        choices = sorted({days for days in (7, 30, 90, 365, usual, most) if days <= most})
        days: Any = self.fields["days"]
        days.choices = [(n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n}) for n in choices]
        days.initial = usual
        self.dress()


class VenueForm(Remembering, InHouseStyle, forms.ModelForm):
    class Meta:
        model = Venue
        fields = ("name", "address", "town", "time_zone", "capacity", "description", "accent", *FLAGS)
        labels = {
            "takes_suggestions": gettext_lazy("Its jams take suggestions"),
            "approve_suggestions": gettext_lazy("In all its jams suggestions wait until a host approves them"),
            "max_suggestions": gettext_lazy("Open suggestions a person can have at most"),
            "max_votes": gettext_lazy("Votes a person can have out at once at most"),
            "sign_ups": gettext_lazy("Performers sign up for songs in its jams"),
            "max_sign_ups": gettext_lazy("Sign-ups a performer can have at once at most"),
            "counts": gettext_lazy("Vote counts are"),
        }
        help_texts = {
            "max_suggestions": gettext_lazy("Empty: as each jam says."),
            "max_votes": gettext_lazy("Empty: as each jam says."),
            "max_sign_ups": gettext_lazy("Empty: as each jam says."),
            "counts": gettext_lazy("A jam may show less than this, never more."),
            "time_zone": gettext_lazy("All times of its jams are shown in it."),
            "capacity": gettext_lazy("So many can join a jam as they come; whoever comes then needs the room code."),
            "accent": gettext_lazy("Its hue marks what is live and what is one's own; we keep it readable."),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "accent": forms.TextInput(attrs={"placeholder": "#f79a3e", "maxlength": 7, "dir": "ltr"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["capacity"].required = False
        for name in ("max_votes", "max_suggestions", "max_sign_ups"):
            self.fields[name].widget.attrs |= limits_of(Venue, name)
        self.dress()
        self.remember()

    def clean_capacity(self) -> int:
        capacity = self.cleaned_data["capacity"]
        return self.instance.capacity if capacity is None else capacity

    def about(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in FLAGS]

    def allowing(self) -> list[forms.BoundField]:
        """What the venue allows its jams."""
        return [self[name] for name in FLAGS]

    def _post_clean(self) -> None:
        """The operation checks the model's rules; the instance stays as it was."""


class LibrarySongForm(InHouseStyle, forms.ModelForm):
    """What a venue says of a song, but for its ban."""

    class Meta:
        model = LibrarySong
        fields = ("key", "note")
        labels = {"key": gettext_lazy("Key"), "note": gettext_lazy("Note")}
        help_texts = {
            "key": gettext_lazy("In which you play it. Empty: as the song has it."),
            "note": gettext_lazy("Only the managers of the venue read it."),
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].widget.attrs["placeholder"] = self.instance.song.key
        self.dress()

    def _post_clean(self) -> None:
        """The operation checks the model's rules; the instance stays as it was."""


class BanForm(InHouseStyle, forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=LONGEST_REASON,
        help_text=gettext_lazy("Whoever suggests it reads this."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()


def songs_in(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Lines of “Title - Artist” → (title, artist) pairs, and the lines that are none."""
    pairs, odd = [], []
    for line in text.splitlines():
        parts = [clean(part) for part in re.split(r"\t|\s[-–—]\s", line, maxsplit=1)]
        if len(parts) == 2 and all(part.strip("-–— ") for part in parts):
            pairs.append((parts[0], parts[1]))
        elif clean(line):
            odd.append(clean(line))
    return pairs, odd
