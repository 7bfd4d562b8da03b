"""What the documents name is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TESTS = re.findall(r"`([\w/]+\.py|…|)(?:::(\w+)(…?))?`", (ROOT / "docs/security.md").read_text())


def named():
    """`(file, test, whether only its beginning is named)`; `::test_…` is of the file before it."""
    file = ""
    for path, test, cut in TESTS:
        file = path if path.endswith(".py") else file
        if file.startswith(
            ("test_", "core/test", "jams/", "voting/", "catalog/", "pages/", "live/", "webhooks/", "browser/")
        ):
            yield file, test, bool(cut)


@pytest.mark.parametrize(("file", "test", "cut"), list(named()))
def test_every_test_that_the_security_document_names_exists(file, test, cut):
    source = (ROOT / "tests" / file).read_text()

    assert re.search(rf"^def {test}{'' if cut or not test else '[(]'}", source, re.MULTILINE)


def test_many_are_named():
    assert len(list(named())) > 30
