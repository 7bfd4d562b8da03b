"""What is minified is what was written, as a browser reads it."""

from apps.core.bundles import module, style_sheet
from jamvote.settings import BASE_DIR

STATIC = BASE_DIR / "static"
RULES = """([text, whole]) => [text, whole].map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return [...sheet.cssRules].map((rule) => rule.cssText.replaceAll(/\\s+/g, "").replaceAll(/(?<![\\d.])0\\./g, "."));
})"""


def source(path):
    return (STATIC / path).read_text()


def names(pattern):
    return [str(path.relative_to(STATIC)) for path in sorted(STATIC.glob(pattern))]


def test_style_sheets_say_the_same(page):
    for path in names("css/*.css"):
        written, minified = page.evaluate(RULES, [source(path), style_sheet(path, source)])

        assert minified == written, path


def test_modules_are_read_without_an_error(page):
    for path in names("js/*.js"):
        page.evaluate("(text) => { new Function(text); }", module(path, source))


def test_what_pages_are_made_of_is_all_there(page):
    for path in names("css/pages/*.css"):
        parts = page.evaluate(RULES, ["", style_sheet(path, source)])[1]

        assert len(parts) > 3, path
