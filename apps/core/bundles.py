"""One minified file for each page: a style sheet or module together with all that it imports.

In development browsers read the sources, which import each other. `collectstatic` (storage.py) puts them together
here. Modules may use only what is understood: named imports from a neighbour, named exports that never change. Each
becomes a function of its own, which runs once and answers its exports, so no name of one meets one of another.
"""

import posixpath
import re
from collections.abc import Callable

import rcssmin
import rjsmin

Source = Callable[[str], str]  # the text of a file, by its path

STYLES = re.compile(r'^@import "([^"]+)";\n', re.MULTILINE)
IMPORT = re.compile(r'^import (?:\{ ([^}]*?),? \} from )?"\./(\w+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|class|(?:async )?function) (\w+))", re.MULTILINE)
LEFT = re.compile(r"^\s*(?:import|export)\b.*|\bimport\(.*|^@import.*", re.MULTILINE)
# What rjsmin takes for something else: a template in a template, a regular expression that is an arrow's answer.
MISREAD = re.compile(r"`[^`]*\$\{[^}`]*`|=>\s*/[^/*].*")


class NotUnderstood(ValueError):
    pass


def style_sheet(path: str, source: Source) -> str:
    folder = posixpath.dirname(path)
    whole = STYLES.sub(
        lambda found: style_sheet(posixpath.normpath(posixpath.join(folder, found[1])), source), source(path)
    )
    return refuse(path, whole, LEFT) or str(rcssmin.cssmin(whole))


def module(path: str, source: Source) -> str:
    """The modules in the order in which they run: each after those that it imports."""
    ready: dict[str, str] = {}
    add(path, source, ready, ())
    return str(rjsmin.jsmin("".join(ready.values())))


def add(path: str, source: Source, ready: dict[str, str], above: tuple[str, ...]) -> None:
    if path in above:
        raise NotUnderstood(f"{path} imports itself, by way of {', '.join(above)}")
    if path in ready:
        return
    text, folder = source(path), posixpath.dirname(path)
    for found in IMPORT.finditer(text):
        add(posixpath.join(folder, found[2]), source, ready, (*above, path))
    body = EXPORT.sub("", IMPORT.sub(taken, text))
    refuse(path, body, LEFT, MISREAD)
    exports = ", ".join(EXPORT.findall(text))
    ready[path] = f"const {name(path)} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();\n"


def taken(found: re.Match[str]) -> str:
    """`import { a, b as c } from "./d.js";` in a bundle."""
    return f"const {{ {found[1].replace(' as ', ': ')} }} = {name(found[2])};\n" if found[1] else ""


def name(path: str) -> str:
    return f"${posixpath.basename(path).removesuffix('.js')}"


def refuse(path: str, text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        if found := pattern.search(text):
            raise NotUnderstood(f"{path}: {found[0].strip()}")
    return ""
