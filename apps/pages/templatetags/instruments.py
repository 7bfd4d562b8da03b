"""Instruments as line-ups show them."""

from django import template
from django.template.defaultfilters import capfirst

from apps.stage.models import Slot
from apps.stage.wording import instrument_word, listed

register = template.Library()

# Parts of names, since people write “lead guitar” and “double bass”.
ICONS = {
    "mic": ("vocal", "voice", "sing", "choir", "rap"),
    "bass": ("bass",),
    "drums": ("drum", "percussion", "cajón", "cajon", "conga", "bongo"),
    "keys": ("key", "piano", "organ", "synth", "rhodes", "wurlitzer", "clavinet", "accordion"),
    "horn": ("sax", "trumpet", "trombone", "horn", "flute", "clarinet", "tuba", "harmonica"),
    "guitar": ("guitar", "ukulele", "banjo", "mandolin", "oud", "violin", "fiddle", "cello"),
}


@register.filter
def instrument_icon(instrument: str) -> str:
    """The name of an icon for it; a pick for what has none."""
    name = instrument.casefold()
    return next((icon for icon, parts in ICONS.items() if any(part in name for part in parts)), "pick")


register.filter("instrument", instrument_word)


@register.filter
def instruments(names: list[str]) -> str:
    return listed(map(instrument_word, names))


@register.filter
def slot_name(slot: Slot) -> str:
    """'Guitar 2'"""
    name = capfirst(instrument_word(slot.instrument))
    return f"{name} {slot.number}" if slot.number > 1 else name
