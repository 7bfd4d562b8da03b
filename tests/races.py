"""Many at once."""

import threading
import time

from django.db import connection, transaction

from apps.core.errors import DomainError


def in_threads(calls):
    """Runs all calls at once, each with its own connection; answers what they raised."""
    barrier, raised = threading.Barrier(len(calls)), []

    def run(call):
        barrier.wait()
        try:
            call()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def one_after_the_other(first, second, linger=0.0):
    """`first` runs in a transaction that stays open until `second`, which begins then, waits for it or has ended; for
    `linger` seconds more if it waits. Answers what `second` was refused with."""
    done, holding, refused = threading.Event(), threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                first()
                holding.set()
                while not (somebody_waits() or done.wait(0.01)):
                    pass
                if not done.is_set():
                    time.sleep(linger)
        finally:
            holding.set()

    def follow():
        holding.wait()
        try:
            second()
        except DomainError as error:
            refused.append(type(error))
        finally:
            done.set()

    assert in_threads([hold, follow]) == []
    return refused


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()
