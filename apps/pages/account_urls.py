"""allauth's pages at our addresses, under the names by which it finds them. What we leave out is not there."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path

urlpatterns = [
    path("login", account.login, name="account_login"),
    path("login/code", second_factor.authenticate, name="mfa_authenticate"),
    path("signup", account.signup, name="account_signup"),
    path("account/inactive", account.account_inactive, name="account_inactive"),
    path("account/again", account.reauthenticate, name="account_reauthenticate"),
    path("account/again/code", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/email", account.email, name="account_email"),
    path("account/verify", account.email_verification_sent, name="account_email_verification_sent"),
    path("account/verify/<str:key>", account.confirm_email, name="account_confirm_email"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/reset", account.password_reset, name="account_reset_password"),
    path("account/reset/sent", account.password_reset_done, name="account_reset_password_done"),
    path("account/reset/done", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path(
        "account/reset/<slug:uidb36>/<str:key>",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("account/second-factor", second_factor.index, name="mfa_index"),
    path("account/second-factor/on", totp.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/off", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
