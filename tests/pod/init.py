"""PID 1 of a box that only looks on: starts the command, prints its pid and its end, and stays.

A container's real PID 1 would leave with its child, and the kernel would then end the broker: here the broker
must end by itself.
"""
import os
import subprocess
import sys
import time

child = subprocess.Popen(sys.argv[1:])
print(f"child={child.pid}", flush=True)
print(f"child ended with {child.wait()}", flush=True)
while True:
    try:
        os.wait()  # orphans: also the broker
        print("an orphan ended", flush=True)
    except ChildProcessError:
        time.sleep(0.05)
