from django_filters import rest_framework as filters

from apps.tasks.models import Task


class TaskFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Task.State.choices)
    name = filters.CharFilter(help_text="Exactly, like stage.arrange_set_list.")
    about = filters.CharFilter(help_text="Exactly, like jam:12.")

    class Meta:
        model = Task
        fields: tuple[str, ...] = ()
