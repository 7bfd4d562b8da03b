"""Forms of a row that somebody else may change meanwhile: beside each field stands, hidden, what it held when the page
was made. So it can be told what is new, and what was typed stays."""

from typing import Any, Self

from django import forms
from django.utils.translation import gettext as _

from apps.core.errors import ChangedMeanwhile


class Remembering:
    """Of a ModelForm, which calls `remember` at the end of its `__init__`; `made_for` says how it is made for a row."""

    fields: dict[str, forms.Field]
    data: Any
    files: Any
    instance: Any
    status = 400  # of the page that shows what is wrong with it

    def remember(self) -> None:
        for field in self.fields.values() if self.instance.pk else ():
            field.show_hidden_initial = not isinstance(field, forms.FileField)  # an upload is always meant

    def made_for(self, row: Any, *given: Any) -> Any:
        return type(self)(*given, instance=row)  # type: ignore[call-arg]

    def still_as_seen(self, row: Any) -> None:
        """For an operation to ask of the row that it holds. Raises ChangedMeanwhile."""
        if self.overtaken(row):
            raise ChangedMeanwhile

    def overtaken(self, row: Any) -> list[str]:
        """Fields that somebody else has changed to something else than what stands in this form."""
        now = self.made_for(row)
        return [
            name
            for name in self.fields
            if (seen := self.seen(name)) is not None
            and differs(now, name, seen)
            and differs(now, name, now[name].field.widget.value_from_datadict(self.data, self.files, name))
        ]

    def seen(self, name: str) -> str | None:
        """None: nothing was said of it; a script's form, for example."""
        return self.data.get(f"initial-{name}")

    def touched(self, name: str) -> bool:
        field = self.fields[name]
        typed = field.widget.value_from_datadict(self.data, self.files, name)
        return field.has_changed(field.to_python(unfolded(self.seen(name))), unfolded(typed))

    def renewed(self, row: Any) -> Self:
        """For the row as it is now: with what was typed, with what is new elsewhere, and with a word at both."""
        now, data, notes = self.made_for(row), self.data.copy(), {}
        for name in self.overtaken(row):
            theirs = now[name].value()
            if self.touched(name):
                text = _("Somebody else has put “%(theirs)s” here meanwhile. Yours stands: saving keeps it.")
                notes[name] = text % {"theirs": told(now.fields[name], theirs)}
            else:
                notes[name] = _("Somebody else has changed this meanwhile.")
                data.setlist(name, sent(now.fields[name], theirs))
        for name in self.fields:
            if self.seen(name) is not None:
                data[f"initial-{name}"] = now.fields[name].hidden_widget().format_value(now[name].value()) or ""
        form = self.made_for(row, data, self.files)
        form.status = ChangedMeanwhile.status
        for name, text in notes.items():
            form.add_error(name, text)
        form.add_error(None, _("This was changed since you opened it. Look at what is marked, then save again."))
        if self.files:
            form.add_error(None, _("Choose the file again, too."))
        return form


def differs(now: Any, name: str, given: Any) -> bool:
    field = now.fields[name]
    return field.has_changed(unfolded(now.get_initial_for_field(field, name)), unfolded(given))


def unfolded(given: Any) -> Any:
    """Browsers send every line break as two characters."""
    return given.replace("\r\n", "\n") if isinstance(given, str) else given


def sent(field: forms.Field, value: Any) -> list[str]:
    """What a browser sends of a field that holds this."""
    if isinstance(field.widget, forms.CheckboxInput):
        return ["on"] if value else []
    formatted = field.widget.format_value(value)
    return [str(one) for one in (formatted if isinstance(formatted, list) else [formatted or ""])]


def told(field: Any, value: Any) -> str:
    """As people read it."""
    if isinstance(field, forms.BooleanField):
        return _("yes") if value else _("no")
    shown = "".join(sent(field, value)) or _("nothing")
    if isinstance(field, forms.DateTimeField):
        return shown.replace("T", " ")
    return str(dict(getattr(field, "choices", ())).get(shown, shown))
