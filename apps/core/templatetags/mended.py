"""What the markup of others lacks for readers of the screen, put in where our templates take theirs over."""

from django.template import Library
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

register = Library()


@register.filter
def mended(page: SafeString) -> SafeString:
    """Of Unfold and of the browsable API; what is inline there, which the policy forbids, goes too."""
    sections, toggle = gettext("Sections"), 'data-toggle="dropdown" title='
    button = f'role="button" tabindex="0" aria-label="{sections}" x-on:keydown.enter="$el.click()"'
    for theirs, ours in (
        ('<div id="main"', '<div id="main" role="main"'),
        ('id="nav-sidebar-apps"', f'id="nav-sidebar-apps" data-simplebar-aria-label="{sections}"'),
        (
            '<span class="material-symbols-outlined hidden! ',
            f'<span {button} class="material-symbols-outlined hidden! ',
        ),
        ('<span class="material-symbols-outlined block! ', f'<span {button} class="material-symbols-outlined block! '),
        ('<div class="content-main" role="main"', '<div class="content-main" role="group"'),  # inside the other one
        ('<pre class="prettyprint"', '<pre class="prettyprint" tabindex="0"'),
        (toggle, f'aria-label="{gettext("Another format")}" {toggle}'),
        (' style="float: right; margin-right: 10px"', ""),
    ):
        page = page.replace(theirs, ours)  # type: ignore[assignment]
    return mark_safe(page)  # noqa: S308 — rendered already
