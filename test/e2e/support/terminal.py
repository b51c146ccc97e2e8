"""Runs a program on a pseudo-terminal of its own. What it prints goes to stdout; each line of stdin is JSON:
{"type": "text"} presses keys, {"close": true} closes the terminal. Ends with the program's exit code, 128 + n for a signal."""
import json
import os
import pty
import select
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

orders = b""
is_open = True
while is_open:
    ready, _, _ = select.select([terminal, 0], [], [])
    if terminal in ready:
        try:
            text = os.read(terminal, 65536)
        except OSError:
            text = b""
        if not text:
            break
        os.write(1, text)
    if 0 in ready:
        orders += os.read(0, 65536)
        while b"\n" in orders:
            line, orders = orders.split(b"\n", 1)
            order = json.loads(line)
            if "type" in order:
                os.write(terminal, order["type"].encode())
            if "close" in order:
                os.close(terminal)
                is_open = False

code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
