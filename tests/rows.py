"""All rows of the product at one moment, and what has become of them at another."""

from datetime import datetime

from django.apps import apps

APPS = ("accounts", "tasks", "catalog", "jams", "voting", "stage", "reports", "webhooks")
MODELS = [model for label in APPS for model in apps.get_app_config(label).get_models(include_auto_created=True)]


def every_row():
    """`{(model, id): {column: value}}`."""
    return {
        (model._meta.model_name, values[model._meta.pk.attname]): values
        for model in MODELS
        for values in model.objects.values(*(field.attname for field in model._meta.concrete_fields))
    }


def effects(before, after):
    """`(changed, new, gone)`: `{row: {column: value}}` of rows that were there, all columns of those that are new."""
    changed = {
        key: {column: value for column, value in after[key].items() if value != before[key][column]}
        for key in before.keys() & after.keys()
    }
    new = [(key[0], after[key]) for key in after.keys() - before.keys()]
    return {key: columns for key, columns in changed.items() if columns}, new, before.keys() - after.keys()


def untimed(changed):
    """Moments are the clock's: that a column has one is compared, not which."""
    return {
        key: {column: "a moment" if isinstance(value, datetime) else value for column, value in columns.items()}
        for key, columns in changed.items()
    }
