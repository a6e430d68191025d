"""Chapter 4: joining in a loop."""

import sys
import threading
import time


def say(line):
    # In one piece: `print` writes a line and its line break one after the other.
    sys.stdout.write(line + "\n")


def work():
    name = threading.current_thread().name
    say(f"sub thread start  {name}")
    time.sleep(5)
    say(f"sub thread end  {name}")


say("main thread start")

workers = []
for n in range(3):
    worker = threading.Thread(target=work, name=str(n))
    worker.start()
    workers.append(worker)
for worker in workers:
    worker.join()

say("main thread post job")
say("main thread end")
