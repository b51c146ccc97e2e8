"""Runs a program on a pseudo-terminal of its own. What it prints goes to stdout; each line of stdin is JSON:
{"type": "text"} presses keys, {"close": true} closes the terminal. Ends with the program's exit code, 128 + n for a signal.
With `--size COLUMNSxROWS` before the program the terminal has that size; else it has none (0x0)."""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

program = sys.argv[1:]
size = None
if program[0] == "--size":
    size = [int(number) for number in program[1].split("x")]
    program = program[2:]

pid, terminal = pty.fork()
if pid == 0:
    if size is not None:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    os.execvp(program[0], program)

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
