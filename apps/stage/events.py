"""What happens on stage, for apps above. Sent in the transaction and under the jam's lock."""

from django.dispatch import Signal

slots_changed = Signal()  # jam, slots: ids of those whose holder or line may have changed
