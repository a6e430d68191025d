"""Chapter 1 with `print`, which can tear lines."""

import threading
import time


def work():
    name = threading.current_thread().name
    print(f"sub thread start  {name}")
    time.sleep(3)
    print(f"sub thread end  {name}")


print("main thread start")
for n in range(5):
    worker = threading.Thread(target=work, name=f"thread {n}")
    worker.start()
print("main thread end")
