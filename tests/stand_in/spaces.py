"""Stands in for the package `spaces` on a host that lends an accelerator by the call, written after what it does.

The decorated generator runs in another process, forked at the first call and kept. Arguments and items are pickled on
their way; items run ahead of whoever takes them, and who takes no more is noticed between two of them. Of an error only
its class comes back. A call books seconds before it begins, and whoever has fewer left is refused.
"""

import contextlib
import inspect
import multiprocessing
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.queues import SimpleQueue

FORK = multiprocessing.get_context("fork")
ITEM, ERROR, END = range(3)


class Refused(Exception):
    """As the host's errors are: with a heading beside the message."""

    def __init__(self, title: str, message: str) -> None:
        super().__init__(message)
        self.title, self.message = title, message


class Worker:
    """The other process, and the queues to it and back."""

    def __init__(self, function: Callable) -> None:
        self.asked, self.given, self.stop = SimpleQueue(ctx=FORK), SimpleQueue(ctx=FORK), FORK.Event()
        self.process = FORK.Process(target=self._work, args=(function,), daemon=True)
        self.process.start()

    def _work(self, function: Callable) -> None:
        threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
        let_sockets_go()
        while True:
            arguments = self.asked.get()
            self.stop.clear()
            thread = threading.Thread(target=self._call, args=(function, arguments))
            thread.start()
            thread.join()
            self.given.put((END, None))

    def _call(self, function: Callable, arguments: tuple) -> None:
        items = function(*arguments)
        try:
            for item in items:
                if self.stop.is_set():
                    items.close()
                    return
                self.given.put((ITEM, item))
        except Exception as error:
            self.given.put((ERROR, type(error).__name__))


def let_sockets_go() -> None:
    """Give up the sockets that came with the fork, as the package does: a stream that the server ends would go on."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the folder itself was open while it was read
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                os.dup2(nothing, int(name))


def end_with(parent: int) -> None:
    """End this process when its parent has: nobody else would end it after a server that was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


class Host:
    """Lends to one function; `left` are the seconds that may still be booked, `booked` what each call did book."""

    def __init__(self, left: float = float("inf")) -> None:
        self.left, self.booked, self.idle = left, [], []
        self.function: Callable | None = None

    def lend(self, function: Callable, duration: Callable) -> Callable:
        assert self.function is None, "each decorated function has processes of its own, which load all weights again"
        assert inspect.isgeneratorfunction(function)
        self.function = function

        def lent(*arguments: object) -> Iterator[object]:
            seconds = duration(*arguments)
            if seconds > self.left:
                raise Refused("ZeroGPU quota exceeded", f"You have exceeded your quota ({seconds}s requested).")
            self.left -= seconds
            self.booked.append(seconds)
            worker = self.idle.pop() if self.idle else Worker(function)
            worker.asked.put(arguments)
            yield from self._taken(worker)

        return lent

    def _taken(self, worker: Worker) -> Iterator[object]:
        try:
            while (found := worker.given.get())[0] == ITEM:
                yield found[1]
        except GeneratorExit:
            worker.stop.set()
            while worker.given.get()[0] != END:
                pass
            self.idle.append(worker)
            raise
        if found[0] == ERROR:
            worker.given.get()
            self.idle.append(worker)
            raise Refused("ZeroGPU worker error", found[1])
        self.idle.append(worker)

    def close(self) -> None:
        """End the other processes."""
        for worker in self.idle:
            worker.process.kill()
            worker.process.join()


def without_gradients(parent: int) -> None:
    """Let the process `parent` compute no gradient: a real host's could not, for the sake of its forks."""
    import torch  # not before the page's own import of it

    def guarded(compute: Callable) -> Callable:
        def guard(*arguments: object, **named: object) -> object:
            assert os.getpid() != parent, "a gradient beside the lent accelerator"
            return compute(*arguments, **named)

        return guard

    torch.autograd.grad, torch.autograd.backward = guarded(torch.autograd.grad), guarded(torch.autograd.backward)


def GPU(function: Callable, duration: Callable) -> Callable:
    """As the package's decorator, where the variable `LENT_SECONDS` says how many may be booked in all."""
    without_gradients(os.getpid())
    return Host(float(os.environ.get("LENT_SECONDS", "inf"))).lend(function, duration)


def gradio_auto_wrap(function: Callable | None) -> Callable | None:
    """What Gradio gives each handler to; the package leaves it as it is, too, unless a variable asks it not to."""
    return function
