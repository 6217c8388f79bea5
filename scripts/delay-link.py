#!/usr/bin/env python3
"""A network cable of a given delay: two TAP devices, each frame of one comes out of the other so much later.

For kernels without netem. usage: delay-link.py DEVICE DEVICE MILLISECONDS; runs until it is killed.
"""
import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


ends = [tap(name) for name in sys.argv[1:3]]
delay = float(sys.argv[3]) / 1000
under_way = collections.deque()  # (when, to, frame), in order of time: the delay is one
print("ready", flush=True)
while True:
    limit = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
    for end in select.select(ends, [], [], limit)[0]:
        try:
            frame = os.read(end, 65536)
        except OSError:  # not up yet, or down again
            time.sleep(0.01)
            continue
        under_way.append((time.monotonic() + delay, ends[1 - ends.index(end)], frame))
    while under_way and under_way[0][0] <= time.monotonic():
        _, end, frame = under_way.popleft()
        try:
            os.write(end, frame)
        except OSError:
            pass  # down: lost, as on a cable
