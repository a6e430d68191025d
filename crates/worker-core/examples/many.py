"""Two thousand threads without work, or more, so many at a time: `many.py WORKERS`."""

import sys
import threading

WORKERS = int(sys.argv[1])


def say(line):
    # In one piece: `print` writes a line and its line break one after the other.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def work(n):
    say(f"sub thread start  {n}")
    say(f"sub thread end  {n}")


for _ in range(max(2_000 // WORKERS, 1)):
    workers = []
    for n in range(WORKERS):
        worker = threading.Thread(target=work, args=(n,))
        worker.start()
        workers.append(worker)
    for worker in workers:
        worker.join()
