from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed names also in what one module imports of another: else a browser fetches each module twice."""

    support_js_module_import_aggregation = True
