#!/usr/bin/env python3
"""What a server does under clients that mean no good: serve-attack.py PORT PID RUN [REFUSED] [SLOW] [SECONDS].

Loopback only. Requests that are too large to accept (200 KB to 10 MB), clients that send a byte every five seconds, and
meanwhile ordinary requests, whose times are measured. Fails if ordinary requests wait for longer than 100 ms, if a feed
breaks off, or if descriptors or memory do not come back to what they were.
"""
import os
import select
import socket
import sys
import threading
import time

port, pid, run = int(sys.argv[1]), sys.argv[2], sys.argv[3]
refused = int(sys.argv[4]) if len(sys.argv) > 4 else 5000
slow = int(sys.argv[5]) if len(sys.argv) > 5 else 500
seconds = float(sys.argv[6]) if len(sys.argv) > 6 else 20
get = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def descriptors():
    return len(os.listdir(f"/proc/{pid}/fd"))


def megabytes():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1000


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def whole(request):
    with connect() as client:
        client.sendall(request)
        answer = b""
        while data := client.recv(1 << 16):
            answer += data
    return answer


def milliseconds(request=get):
    began = time.monotonic()
    answer = whole(request)
    assert answer.startswith(b"HTTP/1.1 200"), answer[:80]
    return 1000 * (time.monotonic() - began)


class Others(threading.Thread):
    """Asks for the table ten times a second until it is told to stop."""

    def __init__(self):
        super().__init__(daemon=True)
        self.times, self.failures, self.stopped = [], [], threading.Event()

    def run(self):
        while not self.stopped.wait(0.1):
            try:
                self.times.append(milliseconds())
            except Exception as error:
                self.failures.append(repr(error))

    def result(self):
        self.stopped.set()
        self.join()
        return f"{len(self.times)} served, slowest {max(self.times, default=0):.0f} ms, {len(self.failures)} failed"


def refuse(length):
    """A request line that is too long; the client sends until it is told what of it, and goes, with bytes on the way."""
    rest = memoryview(b"GET /" + b"a" * length + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    with connect() as client:
        client.setblocking(False)
        end = time.monotonic() + 10
        try:
            while time.monotonic() < end:
                readable, writable, _ = select.select([client], [client] if rest and not answer else [], [], 1)
                if writable:
                    rest = rest[client.send(rest):]
                if readable:
                    data = client.recv(1 << 16)
                    answer += data
                    if not data:
                        break
        except OSError:
            pass
    return answer[9:12].decode() or "closed"


failed = []


def check(holds, what):
    print(("ok    " if holds else "FAIL  ") + what, flush=True)
    if not holds:
        failed.append(what)


for _ in range(20):
    milliseconds()
feed = connect()
feed.sendall(f"GET /runs/{run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
time.sleep(1)
before = descriptors(), megabytes()
print(f"before: {before[0]} descriptors, {before[1]:.1f} MB", flush=True)

others = Others()
others.start()
answers, most = {}, 0
for number in range(refused):
    answer = refuse(10_000_000 if number % 20 == 0 else 200_000)
    answers[answer] = answers.get(answer, 0) + 1
    most = max(most, descriptors()) if number % 50 == 0 else most
said = others.result()
check(not others.failures and max(others.times, default=0) < 100, f"{refused} refused requests {answers}, at most {most} descriptors; others: {said}")

others = Others()
others.start()
clients = [connect() for _ in range(slow)]
kinds = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: loc", get.replace(b"Connection: close\r\n", b"")]
for number, client in enumerate(clients):
    client.sendall(kinds[number % 4])
end = time.monotonic() + seconds
while time.monotonic() < end:
    time.sleep(5)
    for client in clients:
        try:
            client.sendall(b"x")
        except OSError:
            pass
said = others.result()
check(not others.failures and max(others.times, default=0) < 100, f"{slow} slow clients for {seconds:.0f} s; others: {said}")
time.sleep(35)
after = descriptors(), megabytes()
check(after[0] <= before[0] + 3, f"descriptors: {before[0]} before, {after[0]} after, slow clients still there")
for client in clients:
    client.close()
check(after[1] < before[1] + 24, f"memory: {before[1]:.1f} MB before, {after[1]:.1f} MB after")
feed.settimeout(15)
told = 0
try:
    while told < 3:
        told += len(feed.recv(1 << 16)) and 1
except OSError as error:
    told = repr(error)
check(told == 3, "a feed that was open all the time still tells")
sys.exit(1 if failed else 0)
