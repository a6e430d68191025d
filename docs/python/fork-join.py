"""Chapter 3: fork and join."""

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

first = threading.Thread(target=work, name="1")
second = threading.Thread(target=work, name="2")
first.start()
second.start()

first.join()
second.join()

say("main thread post job")
say("main thread end")
