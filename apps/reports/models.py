"""What is kept of nights for reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.jams.models import Jam


class NightSummary(models.Model):
    """What a night that is over came to, summed up once: see nights.py. Holds ids of people and no names."""

    jam = models.OneToOneField(Jam, models.CASCADE, primary_key=True, related_name="summary", verbose_name=_("jam"))
    mark = models.CharField(_("made of"), max_length=120)  # how the night's rows stood; others, and it is made anew
    facts = models.JSONField(_("facts"))
    made_at = models.DateTimeField(_("made"), auto_now=True)

    class Meta:
        verbose_name = _("summary of a night")
        verbose_name_plural = _("summaries of nights")

    def __str__(self) -> str:
        return f"{self.jam}"
