"""Venues, where jams are held, and songs: facts that all venues share."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Upper
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Right, Role, may, roles_of
from apps.catalog import flags, list_models, music, names, queries, run_models, validators  # noqa: F401 — they are models too
from apps.core.search.fields import TermsField
from apps.core.search.terms import name_terms, song_terms
from apps.core.text import clean

MOST_PEOPLE = 100_000  # that a venue can hold
LONGEST_REASON = 200  # why a venue does not play a song


def free_slug(name: str) -> str:
    """'The Copper Room' → 'the-copper-room', and '-2' behind it where that is taken."""
    wanted = slugify(name)[:50].strip("-") or "venue"
    # The form for a new venue stands at /venues/new.
    taken = {"new"} | set(Venue.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(slug for slug in numbered if slug not in taken)


class Venue(models.Model):
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("address on this site"), max_length=60, db_index=False, blank=True)
    address = models.CharField(_("street address"), max_length=200, blank=True)
    town = models.CharField(_("town"), max_length=100, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/London", validators=[validators.validate_time_zone]
    )
    description = models.TextField(_("description"), max_length=2000, blank=True, validators=[MaxLengthValidator(2000)])
    accent = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("Write a colour as # and six digits, like #e0a030."))],
    )
    capacity = models.PositiveIntegerField(
        _("people it holds"),
        default=300,
        db_default=300,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PEOPLE)],
    )
    managers: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("managers"), related_name="venues", blank=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    terms = TermsField()  # what it is found by: see apps/core/search/

    # What it allows its jams: see flags.py.
    takes_suggestions = models.BooleanField(_("jams take suggestions"), default=True)
    approve_suggestions = models.BooleanField(_("suggestions wait for approval in every jam"), default=False)
    max_suggestions = models.PositiveSmallIntegerField(
        _("most open suggestions a person"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    max_votes = models.PositiveSmallIntegerField(
        _("most votes a person can have out at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )
    sign_ups = models.BooleanField(_("performers sign up in jams"), default=True, db_default=True)
    max_sign_ups = models.PositiveSmallIntegerField(
        _("most sign-ups a performer can have at once"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    counts = models.CharField(_("counts are"), max_length=6, choices=flags.Counts, default=flags.Counts.LIVE)

    objects = queries.VenueQuerySet.as_manager()

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_venue_per_name",
                violation_error_code="unique",
                violation_error_message=_("There is a venue of this name already. Add the town to the name."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="venue_has_a_name"),
            models.CheckConstraint(condition=~Q(slug=""), name="venue_has_a_slug"),
            models.UniqueConstraint(fields=["slug"], opclasses=["varchar_pattern_ops"], name="one_venue_per_slug"),
            models.CheckConstraint(
                condition=Q(max_votes__isnull=True) | Q(max_votes__range=(1, 1000)), name="venue_cap_of_votes"
            ),
            models.CheckConstraint(
                condition=Q(max_suggestions__isnull=True) | Q(max_suggestions__range=(0, 100)),
                name="venue_cap_of_suggestions",
            ),
            models.CheckConstraint(
                condition=Q(max_sign_ups__isnull=True) | Q(max_sign_ups__range=(0, 100)), name="venue_cap_of_sign_ups"
            ),
            models.CheckConstraint(condition=Q(counts__in=flags.Counts.values), name="venue_counts"),
        ]
        indexes = [
            models.Index(Upper("town"), F("name"), name="venues_by_town"),  # asked without regard to case
            models.Index(fields=["name", "id"], name="venues_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **options: Any) -> None:
        self.tidy()
        super().save(**options)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.tidy()
        super().clean_fields(exclude)

    def tidy(self) -> None:
        self.name, self.address, self.town = clean(self.name), clean(self.address), clean(self.town)
        self.description = "\n".join(map(clean, self.description.splitlines())).strip()
        self.accent = self.accent.lower()
        self.terms = name_terms(self.name, self.town)
        # Fixed once made: the address is printed on posters.
        self.slug = self.slug or free_slug(self.name)

    def get_absolute_url(self) -> str:
        return f"/venues/{self.slug}"

    def lets(self, user: Any, right: Right) -> bool:
        """Whether the user may do that here."""
        return may(right, roles_of(user)) or may(right, self.roles_of(user))

    def roles_of(self, user: Any) -> frozenset[Role]:
        """Asks the database once, for whoever is logged in."""
        manages = user.is_authenticated and self.managers.filter(pk=user.pk).exists()
        return roles_of(user) | ({Role.MANAGER} if manages else set())


class Song(models.Model):
    class Sheet(models.TextChoices):
        UNCHECKED = "unchecked", _("not looked at yet")
        OK = "ok", _("found")
        GONE = "gone", _("not found")
        REFUSED = "refused", _("not looked at: it leads to no public address")

    title = models.CharField(_("title"), max_length=200)
    artist = models.CharField(_("artist"), max_length=200)
    year = models.PositiveSmallIntegerField(
        _("year"),
        null=True,
        blank=True,
        validators=[MinValueValidator(music.MIN_YEAR), MaxValueValidator(music.MAX_YEAR)],
    )
    key = models.CharField(_("key"), max_length=16, blank=True, validators=[validators.validate_key])
    tempo = models.PositiveSmallIntegerField(
        _("tempo (bpm)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(music.MIN_TEMPO), MaxValueValidator(music.MAX_TEMPO)],
    )
    duration = models.PositiveIntegerField(
        _("length (seconds)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(music.MAX_DURATION)],
    )
    style = models.CharField(_("style"), max_length=40, blank=True)
    tags = models.JSONField(_("tags"), default=list, blank=True, validators=[validators.validate_tags])
    chord_sheet_url = models.CharField(
        _("chord sheet"), max_length=500, blank=True, validators=[validators.validate_chord_sheet_url]
    )
    # What a look at it has found, by the address that was looked at: see chord_sheets.py.
    chord_sheet_checked_url = models.CharField(max_length=500, blank=True, default="", db_default="", editable=False)
    chord_sheet_found = models.CharField(
        _("chord sheet"), max_length=9, choices=Sheet, blank=True, default="", db_default="", editable=False
    )
    chord_sheet_answer = models.PositiveSmallIntegerField(_("answer (HTTP)"), null=True, editable=False)
    chord_sheet_checked_at = models.DateTimeField(_("looked at"), null=True, editable=False)
    parts = models.JSONField(_("line-up"), default=list, blank=True, validators=[validators.validate_parts])
    popularity = models.PositiveIntegerField(_("popularity"), default=0, validators=[MaxValueValidator(2**31 - 1)])
    # What somebody in a room wrote in stays out of the library until a host approves or plays it.
    listed = models.BooleanField(_("in the library"), default=True)
    # Kept by the jams that play the song.
    times_played = models.PositiveIntegerField(_("times played"), default=0, editable=False)
    last_played = models.DateTimeField(_("last played"), null=True, blank=True, editable=False)
    folded_title = models.CharField(_("folded title"), max_length=queries.MAX_FOLDED, blank=True, editable=False)
    folded_artist = models.CharField(_("folded artist"), max_length=queries.MAX_FOLDED, blank=True, editable=False)
    # What it is found by, and among how well known songs: see apps/core/search/ and `rank_songs`.
    terms = TermsField()
    tier = models.PositiveSmallIntegerField(db_default=queries.TIERS[-1], editable=False)
    # Under which songs are looked for that may be this one: see near.py.
    title_key = models.CharField(max_length=names.LONGEST_KEY, blank=True, default="", db_default="", editable=False)
    lead_key = models.CharField(max_length=names.LONGEST_KEY, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = queries.SongQuerySet.as_manager()

    class Meta:
        verbose_name = _("song")
        verbose_name_plural = _("songs")
        constraints = [
            models.UniqueConstraint(
                fields=["folded_title", "folded_artist"],
                name="one_song_per_title_and_artist",
                violation_error_code="unique",
                violation_error_message=_("The library has this song already."),
            ),
            models.CheckConstraint(condition=~Q(title="") & ~Q(folded_title=""), name="song_has_a_title"),
            models.CheckConstraint(condition=~Q(artist="") & ~Q(folded_artist=""), name="song_has_an_artist"),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(music.MIN_YEAR, music.MAX_YEAR)), name="song_year"
            ),
            models.CheckConstraint(
                condition=Q(tempo__isnull=True) | Q(tempo__range=(music.MIN_TEMPO, music.MAX_TEMPO)), name="song_tempo"
            ),
            models.CheckConstraint(
                condition=Q(duration__isnull=True) | Q(duration__range=(1, music.MAX_DURATION)), name="song_duration"
            ),
        ]
        indexes = [
            models.Index(fields=["folded_artist", "folded_title", "listed"], name="songs_by_artist"),
            models.Index(*queries.song_keys("-popularity"), name="songs_by_popularity"),
            models.Index(*queries.song_keys("-times_played"), name="songs_by_plays"),
            models.Index(fields=["year", "folded_title", "folded_artist"], name="songs_by_year"),
            models.Index(Upper("style"), F("folded_title"), F("folded_artist"), name="songs_by_style"),
            GinIndex(fields=["tags"], opclasses=["jsonb_path_ops"], name="songs_by_tag"),
            models.Index(fields=["title_key"], name="songs_by_title_key"),
            models.Index(fields=["lead_key", "title_key", "id"], name="songs_by_lead"),
            # What staff look for, few among many.
            models.Index(
                fields=["folded_title", "folded_artist"], condition=Q(listed=False), name="songs_not_in_the_library"
            ),
            models.Index(
                fields=["chord_sheet_found", "folded_title", "folded_artist"],
                condition=~Q(chord_sheet_found=""),
                name="songs_by_chord_sheet",
            ),
        ]

    TEXTS: ClassVar[tuple[str, ...]] = ("title", "artist", "style")
    BROKEN = (Sheet.GONE, Sheet.REFUSED)

    def __str__(self) -> str:
        return f"{self.title}, {self.artist}"

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        self.tidy()
        if update_fields is not None:
            update_fields = {*update_fields, "folded_title", "folded_artist", "title_key", "lead_key", "terms"}
        super().save(update_fields=update_fields, **options)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.tidy()
        super().clean_fields(exclude)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Forms leave out what they do not show; the folded forms follow from what they do."""
        exclude = set(exclude or ())
        if not exclude & {"title", "artist"}:
            exclude -= {"folded_title", "folded_artist"}
        super().validate_constraints(exclude)

    def tidy(self) -> None:
        for name in self.TEXTS:
            setattr(self, name, clean(getattr(self, name)))
        self.folded_title, self.folded_artist = queries.folded(self.title), queries.folded(self.artist)
        self.terms = song_terms(self.title, self.artist)
        self.title_key, self.lead_key = names.title_key(self.title), names.lead_key(self.title, self.artist)
        # What cannot be read stays as it is, for the validators to refuse.
        self.key = music.or_as_is(music.parse_key, self.key)
        self.tags, self.parts = self.tags or [], self.parts or []  # forms make None of an empty field
        self.tags = music.or_as_is(music.tidy_tags, self.tags) if isinstance(self.tags, list) else self.tags
        self.parts = music.or_as_is(music.tidy_parts, self.parts)

    def get_absolute_url(self) -> str:
        return f"/songs/{self.pk}"

    @property
    def chord_sheet_state(self) -> str:
        """What is known of the chord sheet; '' where there is none."""
        return sheet_state(self.chord_sheet_url, self.chord_sheet_checked_url, self.chord_sheet_found)

    @property
    def chord_sheet(self) -> str:
        """Where performers are sent to: nowhere if nothing is there."""
        return "" if self.chord_sheet_state in self.BROKEN else self.chord_sheet_url

    @property
    def length(self) -> str:
        """'3:42', or '' where it is not known."""
        return music.format_duration(self.duration) if self.duration else ""


def sheet_state(url: str, checked_url: str, found: str) -> str:
    """Another address is not checked yet, whoever wrote it."""
    if not url:
        return ""
    return found if url == checked_url else Song.Sheet.UNCHECKED


class LibrarySong(models.Model):
    """A venue's own view of a song: see library.py."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="library", db_index=False, verbose_name=_("venue"))
    song = models.ForeignKey(Song, models.CASCADE, related_name="+", db_index=False, verbose_name=_("song"))
    key = models.CharField(_("key here"), max_length=16, blank=True, validators=[validators.validate_key])
    note = models.CharField(_("note"), max_length=500, blank=True)
    why = models.CharField(_("why it is not played here"), max_length=LONGEST_REASON, blank=True)
    banned_at = models.DateTimeField(_("banned"), null=True, blank=True, editable=False)
    # How the venue's song list names it (a digest, see reader.py); empty: it is not on that.
    listed_as = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    # Kept by the venue's jams that play it.
    times_played = models.PositiveIntegerField(_("times played here"), default=0, editable=False)
    last_played = models.DateTimeField(_("last played here"), null=True, blank=True, editable=False)

    objects = queries.LibrarySongQuerySet.as_manager()

    class Meta:
        verbose_name = _("song of a venue")
        verbose_name_plural = _("songs of venues")
        constraints = [
            models.UniqueConstraint(fields=["venue", "song"], name="a_song_once_per_venue"),
            models.CheckConstraint(
                condition=Q(banned_at__isnull=True, why="") | (Q(banned_at__isnull=False) & ~Q(why="")),
                name="a_ban_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["song"], name="venues_with_a_song")]  # for merging and deleting songs

    def __str__(self) -> str:
        return f"{self.song}"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.key, self.note = music.or_as_is(music.parse_key, self.key), clean(self.note)
        super().clean_fields(exclude)


class SongView(models.Model):
    """How often a song's page was opened on a day (in UTC)."""

    song = models.ForeignKey(Song, models.CASCADE, related_name="views", db_index=False, verbose_name=_("song"))
    day = models.DateField(_("day"))
    times = models.PositiveIntegerField(_("times opened"))

    class Meta:
        verbose_name = _("views of a song")
        verbose_name_plural = _("views of songs")
        constraints = [models.UniqueConstraint(fields=["song", "day"], name="one_song_view_per_day")]
        indexes = [models.Index(fields=["day"], name="song_views_by_day")]

    def __str__(self) -> str:
        return f"{self.song}, {self.day}: {self.times}"


class SongSearch(models.Model):
    """What the library was searched for on a day (in UTC), by the folded text; by whom, nobody knows."""

    LONGEST = 60

    text = models.CharField(_("text"), max_length=LONGEST)
    day = models.DateField(_("day"))
    # The id of the venue in whose jams it was typed, 0 elsewhere: nulls could not be told apart on SQLite.
    place = models.PositiveBigIntegerField(_("venue"), default=0, db_default=0)
    # On a first page, when it was last searched for.
    found = models.PositiveSmallIntegerField(_("songs found"), default=0, db_default=0)
    # Below 0 for a moment, where a text was typed on in one process and what it had been is still counted in another.
    times = models.IntegerField(_("times searched"), default=0, db_default=0)
    chosen = models.PositiveIntegerField(_("times a song was chosen"), default=0, db_default=0)
    written_in = models.PositiveIntegerField(_("times a song was written in"), default=0, db_default=0)

    objects = queries.SongSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("search for songs")
        verbose_name_plural = _("searches for songs")
        constraints = [
            models.UniqueConstraint(fields=["day", "text", "place"], name="one_song_search_per_day_text_and_place")
        ]
        indexes = [
            models.Index(fields=["place", "day"], name="song_searches_of_a_venue"),
            models.Index(fields=["text", "-day"], name="song_searches_by_text"),
        ]

    def __str__(self) -> str:
        return f"{self.text}, {self.day}: {self.times}"
