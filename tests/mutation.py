"""pytest plugin (`-p tests.mutation --mutate FILE`): each mutant of the files, and the tests that run what it changes.

Everything is imported and the database made once; a mutant lives in a fork, until the first test fails. What stays
alive, and is not explained in mutants.toml, fails the run. See `./dev mutate`.
"""

import ast
import os
import pickle
import signal
import sys
import time
import tomllib
import types
from collections import Counter, defaultdict
from inspect import unwrap
from itertools import chain
from pathlib import Path

import coverage
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

from tests.mutants import mutants_of

ROOT = Path(__file__).parent.parent
EXPLAINED = ROOT / "tests" / "mutants.toml"
# What the database does by itself, no coverage tells: these tests are of it.
TRIGGERS = {"apps.voting.triggers": "tests/voting/test_ballot.py", "apps.jams.triggers": "tests/voting/test_ballot.py"}
SECONDS, TIMES = 30, 10  # what a test may take: this, and so many times what it takes without a mutant


def pytest_addoption(parser):
    parser.addoption("--mutate", action="append", default=[], metavar="FILE", help="a file to make mutants of")
    parser.addoption("--mutants-left", metavar="FILE", help="the mutants to try, if it is there; then those alive")
    parser.addoption("--mutants-named", default="", metavar="WORDS", help="only those whose names have these words")


def pytest_configure():
    settings.register_profile("mutation", database=None, derandomize=True)  # what kills one mutant is not for the next
    settings.load_profile("mutation")


class Outside:
    """The database, also where no test runs."""

    blocker = None


@pytest.fixture(scope="session", autouse=True)
def outside(django_db_setup, django_db_blocker):
    Outside.blocker = django_db_blocker


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if not session.config.option.mutate:
        return None
    Hunt(session).run()
    return True


class Hunt:
    def __init__(self, session):
        self.session, self.options = session, session.config.option
        self.terminal = session.config.pluginmanager.getplugin("terminalreporter")
        self.explained = explained()
        self.mutants = {file: self.wanted(file) for file in map(relative, self.options.mutate)}

    def wanted(self, file):
        mutants = mutants_of(file)
        ours = {name for name in self.explained if name.startswith(f"{file}: ")}
        if gone := ours - {str(mutant) for mutant in mutants}:
            raise pytest.UsageError("\n".join([f"{EXPLAINED.name} explains what is no mutant any more:", *gone]))
        left = self.options.mutants_left and Path(self.options.mutants_left)
        if left and left.exists():
            names = left.read_text().splitlines()
            mutants = [mutant for mutant in mutants if str(mutant) in names]
        return [mutant for mutant in mutants if self.options.mutants_named in str(mutant)]

    def run(self):
        run_test(self.session, self.session.items[0])  # makes what lasts as long as the session
        disconnect()
        self.tests = in_fork(self.measured)
        if self.tests is None:
            raise pytest.UsageError("a test has ended the process")
        if failing := [name for name, test in self.tests.items() if test.passes is False]:
            raise pytest.UsageError(f"without a mutant already: {', '.join(failing)}")
        if failing := in_fork(lambda: self.killer(None, self.quick(self.session.items))):
            raise pytest.UsageError(f"without a mutant too, in another order: {failing}")
        left = [mutant for file, mutants in self.mutants.items() for mutant in self.hunt(file, mutants)]
        if self.options.mutants_left:
            Path(self.options.mutants_left).write_text("\n".join(map(str, left)))
        self.session.testsfailed = len(left)

    def measured(self):
        """`{name: Test}` of all tests."""
        files = [str(ROOT / file) for file in self.mutants]
        measure = coverage.Coverage(data_file=None, include=files, config_file=False)
        measure.start()
        tests = {}
        for item in self.session.items:
            measure.switch_context(item.nodeid)
            began = time.monotonic()
            tests[item.nodeid] = Test(run_test(self.session, item), time.monotonic() - began)
        measure.stop()
        data = measure.get_data()
        for file in data.measured_files():
            for line, names in data.contexts_by_lineno(file).items():
                for name in set(names) & set(tests):
                    tests[name].lines[relative(file)].add(line)
        return tests

    def hunt(self, file, mutants):
        """Those that nobody has killed."""
        began, left, ends = time.monotonic(), [], Counter()
        for mutant in mutants:
            end = "explained" if str(mutant) in self.explained else self.end_of(mutant)
            ends[end] += 1
            if end not in ("explained", "killed"):
                self.terminal.write_line(f"{end}: {mutant}")
            if end.startswith("alive"):
                left.append(mutant)
        self.terminal.write_line(
            f"{file}: {len(mutants)} mutants, {ends['killed']} killed, {ends['too slow']} too slow,"
            f" {ends['explained']} explained, {len(left)} alive; {time.monotonic() - began:.0f} s"
        )
        return left

    def end_of(self, mutant):
        items = self.tests_of(mutant)
        if not items:
            return "alive, no test comes there"
        killer = self.trial(mutant, items)
        while killer and self.trial(mutant, [item for item in items if item.nodeid == killer]) == "":
            items = [item for item in items if item.nodeid != killer]  # it has failed by chance
            killer = self.trial(mutant, items)
        if self.options.verbose > 0 and killer:
            self.terminal.write_line(f"{killer}: {mutant}")
        return "too slow" if killer is None else "killed" if killer else "alive"

    def trial(self, mutant, items):
        killer = in_fork(lambda: self.killer(mutant, items))
        if killer is None or dotted(mutant.file) in TRIGGERS:
            in_fork(as_it_was)
        return killer

    def tests_of(self, mutant):
        only = TRIGGERS.get(dotted(mutant.file))
        return self.quick(
            item
            for item in self.session.items
            if (only and item.nodeid.startswith(only)) or self.tests[item.nodeid].comes_to(mutant)
        )

    def quick(self, items):
        passing = [item for item in items if self.tests[item.nodeid].passes]
        return sorted(passing, key=lambda item: self.tests[item.nodeid].seconds)

    def killer(self, mutant, items):
        """The name of the first test that fails; an empty string if none does."""
        try:
            if mutant and not put_in(mutant):
                return ""
        except Exception as error:  # not even the database takes it
            return repr(error)
        for item in items:
            signal.setitimer(signal.ITIMER_REAL, SECONDS + TIMES * self.tests[item.nodeid].seconds)
            if run_test(self.session, item) is False:
                return item.nodeid
        return ""


class Test:
    """`passes`: None where it is skipped. `lines`: those that it runs, by file."""

    __test__ = False

    def __init__(self, passes, seconds):
        self.passes, self.seconds, self.lines = passes, seconds, defaultdict(set)

    def comes_to(self, mutant):
        return not mutant.lines.isdisjoint(self.lines.get(mutant.file, ()))


def explained():
    """The names of mutants that change nothing that matters."""
    return {name for group in tomllib.loads(EXPLAINED.read_text())["explained"] for name in group["mutants"]}


def run_test(session, item):
    reports = runtestprotocol(item, nextitem=session, log=False)  # the session goes on
    return None if any(report.skipped for report in reports) else not any(report.failed for report in reports)


def in_fork(act):
    """What it answers; None where its process was ended."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            with open(write, "wb") as answer:
                pickle.dump(act(), answer)
        finally:
            os._exit(0)  # the servers and the database are its parent's
    os.close(write)
    with open(read, "rb") as answer:
        told = answer.read()
    os.waitpid(pid, 0)
    return pickle.loads(told) if told else None


def disconnect():
    from django.core.cache import caches
    from django.db import connections

    connections.close_all()
    caches.close_all()


def put_in(mutant):
    """Whether it changes anything on this database."""
    from django.db import connection

    if "LITE" in mutant.place and connection.vendor != "sqlite":
        return False
    module = sys.modules[dotted(mutant.file)]
    before = statements(module)
    mutant.replace()
    ast.fix_missing_locations(mutant.tree)
    if mutant.in_function:
        owner, code = module, compile(mutant.tree, str(ROOT / mutant.file), "exec")
        for name in mutant.place.split("."):
            owner = vars(owner)[name]
            code = next(part for part in code.co_consts if isinstance(part, types.CodeType) and part.co_name == name)
        unwrap(owner).__code__ = code
    else:
        constants = [node for node in mutant.tree.body if isinstance(node, ast.Assign)]
        exec(compile(ast.Module(constants, []), str(mutant.file), "exec"), vars(module))
    if module.__name__ in TRIGGERS:
        if statements(module) == before:
            return False
        install(module)
    return True


def statements(module):
    """What a module of triggers tells this database."""
    from django.db import connection

    said = []
    if module.__name__ in TRIGGERS:
        execute = lambda text, params=(): said.append((text, params))  # noqa: E731
        for do in installs(module):
            do(None, types.SimpleNamespace(connection=connection, execute=execute))
    return said


def installs(module):
    """Its triggers, and its functions that statements call."""
    return [do for name, do in vars(module).items() if name.startswith("install")]


def install(*modules):
    from django.db import connection

    with Outside.blocker.unblock(), connection.schema_editor() as editor:
        for do in chain.from_iterable(map(installs, modules)):
            do(None, editor)


def as_it_was():
    """Without what a mutant has left behind."""
    from tests.conftest import delete_everything

    install(*(sys.modules[name] for name in TRIGGERS))
    with Outside.blocker.unblock():
        delete_everything(None)


def relative(file):
    return Path(file).resolve().relative_to(ROOT)


def dotted(file):
    return ".".join(file.with_suffix("").parts)
