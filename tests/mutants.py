"""Mutants: small changes of code that some test should notice, each with a name that stays when lines move.

In functions expressions and statements change, in constants of a module also the SQL that they hold.
"""

import ast
import copy
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path

NOT_RUN = {"annotation", "returns", "decorator_list", "defaults", "kw_defaults", "bases", "keywords"}
TRANSLATED = {"_", "gettext", "ngettext"}
OTHER = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
SQL = [
    (r"\bAND\b", ["OR"]),
    (r"\bOR\b(?! (REPLACE|UPDATE|IGNORE))", ["AND"]),
    (r"(?<= )>(?= )", [">=", "<"]),
    (r"(?<= )=(?= )", ["<>"]),
    (r" <> ", [" = "]),
    (r"\bIS NULL\b", ["IS NOT NULL"]),
    (r"\bIS DISTINCT FROM\b", ["IS NOT DISTINCT FROM"]),
    (r"\bNOT (?=\w+\.)", [""]),
    (r"(?<= )\+(?= )", ["-"]),
    (r"(?<= )-(?= )", ["+"]),
    (r"(?<![\w.:$])-?\d+\b", ["2"]),
    (r"'\w+'", ["'mutant'"]),
    (r"\bgreatest\(", ["least("]),
    (r"\bmax\(", ["min("]),
    (r"\babs\(", ["("]),
    (r"\bLEFT JOIN\b", ["JOIN"]),
    (r" FOR (KEY SHARE|NO KEY UPDATE|SHARE|UPDATE)( OF \w)?", [" "]),
    (r"ON CONFLICT \([\w, ]+\) DO NOTHING", [""]),
    (r"\bOR IGNORE\b", [""]),
    (r"\bclock_timestamp\(\)", ["now()"]),
    (r"\bUNION ALL\b", ["UNION"]),
    (r"\b(WHERE|HAVING) ", [r"\1 true OR "]),
    (r"\bNEW\.", ["OLD."]),
    (r"\bOLD\.", ["NEW."]),
    (r"\bBEFORE\b", ["AFTER"]),
    (r"(?<= OF )\w+, ", [""]),
    (r", \w+(?= ON | ON$|$)", [""]),
]


@dataclass
class Mutant:
    """`place`: the function or the constant. `lines`: of its statement, without what stands below that; of a constant
    those that use it."""

    file: Path
    place: str
    in_function: bool
    change: str
    lines: set
    replace: partial
    tree: ast.Module

    def __str__(self):
        return f"{self.file}: {self.place}: {self.change}"


def mutants_of(file):
    tree = ast.parse(file.read_text())
    found = [Mutant(file, place, *rest, tree) for place, node in places(tree) for rest in below(node, tree)]
    names = Counter()
    for mutant in found:
        names[mutant.change, mutant.place] += 1
        if (again := names[mutant.change, mutant.place]) > 1:
            mutant.change += f" ({again})"
    return found


def places(tree):
    """Functions, methods, and assignments of the module."""
    for node in tree.body:
        match node:
            case ast.FunctionDef():
                yield node.name, node
            case ast.ClassDef():
                methods = (method for method in node.body if isinstance(method, ast.FunctionDef))
                yield from ((f"{node.name}.{method.name}", method) for method in methods)
            case ast.Assign(targets=[target]):
                yield ast.unparse(target), node


def below(top, tree):
    in_function = isinstance(top, ast.FunctionDef)
    for node, put, lines in spots(top, own_lines(top) if in_function else uses(top, tree)):
        for change, new in changes(node) if in_function else changes_of_constants(node):
            yield in_function, " ".join(change.split()), lines, partial(put, ast.copy_location(new, node))


def spots(parent, lines):
    """Everything below, with what puts something else there."""
    for field, value in ast.iter_fields(parent):
        if field in NOT_RUN and not isinstance(parent, ast.Call):
            continue
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(node, ast.AST) or is_text(node):
                continue
            put = (
                partial(list.__setitem__, value, index) if isinstance(value, list) else partial(setattr, parent, field)
            )
            its = own_lines(node) if isinstance(node, ast.stmt) else lines
            yield node, put, its
            yield from spots(node, its)


def own_lines(node):
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno
    return set(range(node.lineno, max(last, node.lineno) + 1))


def uses(constant, tree):
    """The lines that use it, or another that is made of it."""
    known = set(names(constant, ast.Store))
    for other in tree.body:  # what is made of something stands below it
        if isinstance(other, ast.Assign) and known & set(names(other, ast.Load)):
            known |= set(names(other, ast.Store))
    bodies = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {line for body in bodies for name, lines in names(body, ast.Load).items() if name in known for line in lines}


def names(node, how):
    found = defaultdict(set)
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, how):
            found[one.id].add(one.lineno)
    return found


def is_text(node):
    """A docstring, or what is translated: for people."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATED


def changes(node):
    """What becomes of it, and how that is called."""
    for kind in (of_conditions, of_numbers_and_texts, of_containers, of_calls, of_statements):
        yield from kind(node)


def of_conditions(node):
    match node:
        case ast.Compare(left=left, ops=[op], comparators=comparators) if type(op) in OTHER:
            yield swapped(node, ast.Compare(left, [OTHER[type(op)]()], comparators))
        case ast.BoolOp(op=op, values=values):
            for rest, gone in one_less(values):
                yield without(gone, rest[0] if len(rest) == 1 else ast.BoolOp(op, rest))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield swapped(node, operand)
        case ast.IfExp(body=body, orelse=orelse):
            yield from (swapped(node, body), swapped(node, orelse))
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() | ast.NamedExpr() as test):
            yield f"if {ast.unparse(test)} → if not", but(node, test=ast.UnaryOp(ast.Not(), test))


def of_numbers_and_texts(node):
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            yield swapped(node, ast.BinOp(left, OTHER[type(op)](), right))
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd(), right=right):
            yield from (swapped(node, left), swapped(node, right))
        case ast.Constant(value=bool(value)):
            yield swapped(node, ast.Constant(not value))
        case ast.Constant(value=int(value)):
            yield swapped(node, ast.Constant(value + 1))
        case ast.Constant(value=str(value)) if value:
            yield swapped(node, ast.Constant(""))


def of_containers(node):
    match node:
        case ast.Dict(keys=keys, values=values):
            for at, key in enumerate(keys):
                rest = ast.Dict(keys[:at] + keys[at + 1 :], values[:at] + values[at + 1 :])
                yield without(key or values[at], rest)
        case ast.Tuple(elts=elts, ctx=ast.Load()) | ast.List(elts=elts, ctx=ast.Load()) if len(elts) > 1:
            for rest, gone in one_less(elts):
                yield without(gone, type(node)(rest, ast.Load()))
        case ast.Subscript(value=value, slice=ast.Slice()):
            yield swapped(node, value)
        case ast.comprehension(ifs=ifs):
            for rest, gone in one_less(ifs):
                yield without(gone, but(node, ifs=rest))


def of_calls(node):
    if not isinstance(node, ast.Call):
        return
    for rest, gone in one_less(node.keywords):
        if not (isinstance(gone.value, ast.Constant) and isinstance(gone.value.value, bool)):  # which is turned round
            yield without(gone, but(node, keywords=rest))
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call() | ast.Attribute(attr="objects" | "songs") as before)):
            yield f"without {ast.unparse(node).removeprefix(ast.unparse(before))}", before  # one link of a chain
        case ast.Call(func=ast.Name("max" | "min"), args=args):
            yield from (swapped(node, arg) for arg in args if not isinstance(arg, ast.Starred))
        case ast.Call(func=ast.Name("sorted"), args=[arg]):
            yield swapped(node, ast.Call(ast.Name("list", ast.Load()), [arg], []))


def of_statements(node):
    match node:
        case ast.Return(value=value) if value and not (isinstance(value, ast.Constant) and value.value is None):
            yield swapped(node, ast.Return(ast.Constant(None)))
        case ast.Expr() | ast.Raise() | ast.AugAssign() | ast.Continue():
            yield f"{ast.unparse(node)} → pass", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield f"{ast.unparse(node)} → pass", ast.Pass()
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=func), optional_vars=None)], body=body):
            yield f"without {ast.unparse(func)}", ast.If(ast.Constant(True), body, [])


def changes_of_constants(node):
    match node:
        case ast.Constant(value=str(value)) if found := list(changes_of_sql(value)):
            yield from ((change, ast.Constant(new)) for change, new in found)
        case ast.Tuple() | ast.List() | ast.Dict():
            yield from of_containers(node)


def changes_of_sql(text):
    if re.fullmatch(r"[\w ]*", text):
        return
    comments = [range(*found.span()) for found in re.finditer(r"--.*", text)]
    for pattern, others in SQL:
        for found in re.finditer(pattern, text):
            if any(found.start() in comment for comment in comments):
                continue
            before, after = text[: found.start()], text[found.end() :]
            for other in {found.expand(other) for other in others} - {found[0]}:
                yield f"{before[-25:]}⟨{found[0]} → {other}⟩{after[:25]}", before + other + after


def swapped(node, new):
    return f"{ast.unparse(node)} → {ast.unparse(ast.fix_missing_locations(ast.copy_location(new, node)))}", new


def but(node, **fields):
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def without(gone, new):
    return f"without {ast.unparse(gone)}", new


def one_less(parts):
    for at, gone in enumerate(parts):
        yield parts[:at] + parts[at + 1 :], gone
