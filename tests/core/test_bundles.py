"""What collectstatic makes of modules and style sheets."""

import pytest

from apps.core.bundles import NotUnderstood, module, style_sheet

FILES = {
    "js/page.js": 'import { b, twice as double } from "./b.js";\nimport "./alone.js";\nimport { a } from "./a.js";\n'
    "console.log(a, b, double(2));\n",
    "js/b.js": 'import { a } from "./a.js";\nexport const b = `${a}  2`; // two\n'
    "export function twice(n) { return 2 * n; }\nconst hidden = 1;\n",
    "js/a.js": "export class a {\n  #own = 1;\n}\nconst hidden = 2;\n",
    "js/alone.js": "const hidden = 3;\n",
    "css/pages/page.css": '/* Of a page. */\n@import "../a.css";\n@import "../b.css";\n.own { color: red; }\n',
    "css/a.css": ".a { margin: calc(1px + 2px) }\n",
    "css/b.css": ".b { color: blue }\n",
}


def test_modules_run_once_each_after_what_it_imports():
    whole = module("js/page.js", FILES.__getitem__)

    starts = [whole.index(f"const ${name}=") for name in ("a", "b", "alone", "page")]
    assert starts == sorted(starts)
    assert whole.count("class a") == 1
    assert "const{b,twice:double}=$b" in whole
    assert "return{b,twice}" in whole
    assert "`${a}  2`" in whole
    assert "two" not in whole


@pytest.mark.parametrize(
    "line",
    [
        "export let n = 1;",
        "export default 1;",
        'import * as all from "./a.js";',
        'export { a } from "./a.js";',
        'const later = await import("./a.js");',
        'const text = `${wide ? `a  b` : ""}`;',
        "const digits = (text) => /^[0-9]+$/.test(text);",
        'import { own } from "./own.js";',
    ],
)
def test_what_is_not_understood_stops_the_collecting(line):
    with pytest.raises(NotUnderstood, match="own.js"):
        module("js/own.js", (FILES | {"js/own.js": f"{line}\n"}).__getitem__)


def test_a_style_sheet_takes_what_it_imports_to_its_beginning():
    assert style_sheet("css/pages/page.css", FILES.__getitem__) == (
        ".a{margin:calc(1px + 2px)}.b{color:blue}.own{color:red}"
    )
    with pytest.raises(NotUnderstood):
        style_sheet("css/x.css", {"css/x.css": '@import url("https://elsewhere.example/x.css");\n'}.__getitem__)
