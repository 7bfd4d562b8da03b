from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from apps.accounts.models import User


class UserFilter(filters.FilterSet):
    role = filters.ChoiceFilter(choices=User.Role.choices)
    is_active = filters.BooleanFilter(help_text="false: who may not log in.")
    search = filters.CharFilter(method="with_text", help_text="In the name or the e-mail address.")
    ordering = filters.OrderingFilter(fields=["email", "name", "created_at", "last_login"])

    class Meta:
        model = User
        fields: tuple[str, ...] = ()

    def with_text(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return users.filter(Q(name__icontains=value) | Q(email__icontains=value))

    def filter_queryset(self, queryset: QuerySet[User]) -> QuerySet[User]:
        """However it is ordered, the id decides between equals."""
        users = super().filter_queryset(queryset)
        return users.order_by(*(users.query.order_by or ["email"]), "pk")
