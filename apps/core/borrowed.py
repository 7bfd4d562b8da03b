"""What libraries say on our pages and in our answers, for languages that they do not bring: nothing here runs, but it
is translated with our own words. Django, allauth and the others bring their own."""

from django.utils.translation import gettext_noop as _

ADMIN = (  # django-unfold
    _("Select record"), _("Select action"), _("Select action to run"), _("Select value"), _("Select all rows"),
    _("Expand row"), _("Collapse"), _("Run"), _("More actions"), _("Type to search"), _("Apply Filters"),
    _("Reset filters"), _("Date from"), _("Date to"), _("No data"), _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."), _("Not enough data."),
    _("No results matching your query"), _("Loading more results..."), _("Recent searches"), _("No recent searches"),
    _("Search apps and models..."), _("All applications"), _("Go back"), _("Return to site"), _("Welcome back to"),
    _("True"), _("False"), _("General"), _("System"), _("Record picture"), _("Image preview"),
    _("Choose file to upload"), _("Click to download"), _("Click to cancel"), _("This item will be deleted."),
    _("Toggle password visibility"), _("Add row"), _("Date"), _("Redo"), _("Value"), _("Default"), _("New"),
    _("You have been successfully logged out from the administration"), _("%(class_name)s %(instance)s"),
    _("After you've created a user, you’ll be able to edit more user options."),
)  # fmt: skip
LOCK_OUT = (  # django-axes
    _("Locked Out"), _("Clean up expired attempts"), _("Cleaned up {count} expired access attempts."), _("Not set"),
    _("Attempt Remaining"), _("Access Attempt"), _("Expires At"), _("access attempt expiration"),
    _("access attempt expirations"), _("The time when access attempt expires and is no longer valid."),
)  # fmt: skip
API = (  # Django REST framework, django-filter
    _("A valid biginteger is required."), _("Integer value too large to convert to float"), _("is null"),
)  # fmt: skip
