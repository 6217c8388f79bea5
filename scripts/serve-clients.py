#!/usr/bin/env python3
"""Listens to a run's live page as so many browsers would, for so long: serve-clients.py PORT RUN COUNT SECONDS.

Loopback only. Prints how many streams were open to the end and how much they were told.
"""
import selectors
import socket
import sys
import time

port, run, count, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
selector = selectors.DefaultSelector()
received = {}
for _ in range(count):
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(f"GET /runs/{run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    client.setblocking(False)
    selector.register(client, selectors.EVENT_READ)
    received[client] = 0
end = time.monotonic() + seconds
lost = 0
while time.monotonic() < end:
    for key, _ in selector.select(0.5):
        data = key.fileobj.recv(1 << 16)
        received[key.fileobj] += len(data)
        if not data:
            lost += 1
            selector.unregister(key.fileobj)
print(f"{count - lost} of {count} streams open to the end, {sum(received.values()) / 1e6:.1f} MB, least {min(received.values())} bytes")
