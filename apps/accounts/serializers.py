"""What the API says of accounts and their tokens, and what it takes. Nothing here has a hash or a password to say."""

from rest_framework import serializers

from apps.accounts.models import ApiToken, User
from apps.core.strict import Strict


class UserOutput(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "email", "name", "role", "is_active", "created_at", "last_login")


class MyselfInput(Strict):
    name = serializers.CharField(max_length=80)


class UserInput(MyselfInput):
    """By staff."""

    role = serializers.ChoiceField(User.Role.choices)
    is_active = serializers.BooleanField(help_text="Whether the user may log in.")


class TokenOutput(serializers.ModelSerializer):
    scopes = serializers.ListField(child=serializers.ChoiceField(ApiToken.Scope.choices))

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = (
            "id",
            "name",
            "beginning",
            "scopes",
            "created_at",
            "last_used_at",
            "expires_at",
            "revoked_at",
        )


class NewToken(TokenOutput):
    token = serializers.CharField(help_text="Shown this once. Send it as `Authorization: Bearer …`.")

    class Meta(TokenOutput.Meta):
        fields: tuple[str, ...] = (*TokenOutput.Meta.fields, "token")


class TokenInput(Strict):
    """By session: without the first three. A program without one sends them."""

    email = serializers.EmailField(required=False)
    password = serializers.CharField(required=False, trim_whitespace=False, max_length=1000)
    code = serializers.CharField(required=False, max_length=32, help_text="Of the second factor, if there is one.")
    name = serializers.CharField(max_length=ApiToken.LONGEST_NAME, help_text="What it is for.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(ApiToken.Scope.choices), help_text="What it may change. Empty: it only reads."
    )
    days = serializers.IntegerField(required=False, min_value=1, help_text="How long it holds.")


class WhoAmI(serializers.Serializer):
    by = serializers.ChoiceField(["session", "token"], allow_null=True, help_text="null: nobody is logged in.")
    user = UserOutput(allow_null=True)
    token = TokenOutput(allow_null=True)
