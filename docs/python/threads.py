"""Chapter 1: start threads."""

import sys
import threading
import time


def say(line):
    # In one piece: `print` writes a line and its line break one after the other.
    sys.stdout.write(line + "\n")


def work():
    name = threading.current_thread().name
    say(f"sub thread start  {name}")
    time.sleep(3)
    say(f"sub thread end  {name}")


say("main thread start")
for n in range(5):
    worker = threading.Thread(target=work, name=f"thread {n}")
    worker.start()
say("main thread end")
