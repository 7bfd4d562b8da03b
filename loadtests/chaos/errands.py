"""Background tasks beside the votes: what was accepted is done, and leaves its note exactly once."""

import threading
import time
from collections import Counter

from loadtests.chaos.ledger import Violation

EVERY = 0.5  # seconds between two tasks
TAKES = 0.3  # seconds
ALL_DONE = 120  # seconds: of a worker that is killed as a whole, tasks are held 30 s longer than they may take


class Errands:
    """Half of the tasks look first whether they are done, the other half are `atomic` (apps/tasks/declared.py)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.accepted: list[tuple[int, str]] = []  # task, text
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.send, name="errands", daemon=True)
        self.thread.start()

    def send(self) -> None:
        from django.db import Error, connection

        from apps.tasks.enqueue import enqueue
        from loadtests.tasks_app import note, note_once

        number = 0
        while not self.over.wait(EVERY):
            number += 1
            text = f"{self.name} {number}"
            try:
                task = enqueue(note if number % 2 else note_once, text=text, seconds=TAKES)
                self.accepted.append((task.pk, text))
            except Error:  # not accepted: it may be there or not
                connection.close()
        connection.close()

    def end(self) -> list[Violation]:
        self.over.set()
        self.thread.join()
        deadline = time.monotonic() + ALL_DONE
        while self.unfinished() and time.monotonic() < deadline:
            time.sleep(0.2)
        return [*self.not_done(), *self.not_once()]

    def unfinished(self) -> bool:
        from apps.tasks.models import Task

        return Task.objects.filter(arguments__text__startswith=f"{self.name} ").unfinished().exists()

    def not_done(self) -> list[Violation]:
        from apps.tasks.models import Task

        rows = Task.objects.in_bulk([pk for pk, _text in self.accepted])
        return [
            Violation("task lost", f"{text}: {task.state if (task := rows.get(pk)) else 'its row is gone'}")
            for pk, text in self.accepted
            if pk not in rows or rows[pk].state != "done"
        ]

    def not_once(self) -> list[Violation]:
        from apps.accounts.models import AuditEvent

        said = AuditEvent.objects.filter(verb="note", about__startswith=f"{self.name} ")
        notes = Counter(said.values_list("about", flat=True))
        accepted = {text for _pk, text in self.accepted}
        return [
            Violation("task lost" if not notes[text] else "task done twice", f"{text}: {notes[text]} notes")
            for text in sorted(accepted | set(notes))
            if notes[text] > 1 or (not notes[text] and text in accepted)
        ]
