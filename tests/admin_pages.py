"""The admin as staff use it: pages and actions."""

from django.contrib.messages import get_messages
from django.urls import reverse


def page_of(row_or_model, page="changelist"):
    meta = row_or_model._meta
    args = [] if page in ("changelist", "add") else [row_or_model.pk]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def act(client, model, action, *rows):
    """Runs an action of the list on these rows; answers what the staff member is told."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return said(client.post(page_of(model), data))


def save(client, path, **fields):
    """Sends a form; answers the errors, which are empty when it was taken."""
    response = client.post(path, fields)
    if response.status_code == 302:
        return {}
    errors = dict(response.context["adminform"].form.errors)
    assert errors or any(response.context["errors"]), "neither saved nor refused"
    return errors or {"formsets": response.context["errors"]}


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]
