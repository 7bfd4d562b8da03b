"""Every word is translated: `makemessages` finds none that is missing, no placeholder is lost, and the program reads
what translators wrote."""

import gettext
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from apps.pages.words import PLURALS, plural

SOURCES = ("apps", "jamvote", "templates", "locale")
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# Where we are root, ./dev installs it: there its absence is a failure.
needs_gettext = pytest.mark.skipif(not shutil.which("xgettext") and os.geteuid() != 0, reason="no gettext: install it")


def catalogue(language, root=settings.BASE_DIR):
    return Path(root, "locale", language, "LC_MESSAGES", "django.po")


def entries(compiled):
    with compiled.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog


def check(catalogue, compiled):
    """What msgfmt says of it: a placeholder that is lost or another one, of a plural form too, is an error."""
    said = subprocess.run(
        ["msgfmt", "--check-format", "--check-domain", "--statistics", f"--output-file={compiled}", catalogue],
        capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
    return said.stderr.strip() if said.returncode == 0 else pytest.fail(said.stderr)


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A copy of the sources, with what `./dev words` makes of its catalogues."""
    copy, here = tmp_path_factory.mktemp("source"), Path.cwd()
    for name in SOURCES:
        left_out = shutil.ignore_patterns("__pycache__", "migrations", "*.mo")
        shutil.copytree(Path(settings.BASE_DIR, name), copy / name, ignore=left_out)
    os.chdir(copy)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "LOCALE_PATHS", [copy / "locale"])
            kept = {"no_location": True, "no_wrap": True, "no_obsolete": True}
            call_command("makemessages", locale=LANGUAGES, verbosity=0, **kept)
    finally:
        os.chdir(here)
    return copy


@needs_gettext
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language, collected, tmp_path):
    collected_now = check(catalogue(language, collected), tmp_path / "collected.mo")
    kept = check(catalogue(language), tmp_path / "kept.mo")

    assert collected_now == kept, "./dev words, translate what is empty or fuzzy, ./dev words"
    assert collected_now.endswith(" translated messages.")  # of none it says that it is untranslated, or fuzzy
    assert entries(tmp_path / "collected.mo").keys() == entries(tmp_path / "kept.mo").keys()


@needs_gettext
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_was_written(language, tmp_path):
    check(catalogue(language), tmp_path / "django.mo")

    assert entries(tmp_path / "django.mo") == entries(catalogue(language).with_suffix(".mo")), "./dev words"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_plural_form_says_something(language):
    assert all(entries(catalogue(language).with_suffix(".mo")).values())


def test_arabic_has_six_plural_forms_and_scripts_get_them_all():
    with translation.override("ar"):
        forms = plural(lambda n: translation.ngettext("%(count)s vote", "%(count)s votes", n))

    assert forms.keys() == PLURALS.keys() == {"zero", "one", "two", "few", "many", "other"}
    assert len(set(forms.values())) == 6
    assert "%(count)s" in forms["few"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_not_the_english_one(language):
    """But for what has no other name: JamVote, a rule of a calendar, a song."""
    same = [text for text, said in entries(catalogue(language).with_suffix(".mo")).items() if text and text == said]

    assert set(same) == {"JamVote", "Valerie - Amy Winehouse", "%(class_name)s %(instance)s"}
