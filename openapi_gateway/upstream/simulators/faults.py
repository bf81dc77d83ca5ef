"""How vendors misbehave, played out byte by byte."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
MEGABYTE = 2**20
PATIENCE_SECONDS = 120
DRIP_SECONDS = 0.1


def no_answer(connection: socket.socket) -> None:
    """The call is taken, and nothing ever comes back."""
    connection.settimeout(PATIENCE_SECONDS)
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def drip(connection: socket.socket) -> None:
    """A byte now and then, so that no single read takes long."""
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n{")
    _trickle(connection, b" ")


def drip_head(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"X-Filler: ")
    _trickle(connection, b"x")


def _trickle(connection: socket.socket, byte: bytes) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        connection.sendall(byte)
        time.sleep(DRIP_SECONDS)


def huge(connection: socket.socket) -> None:
    """50 MB of what might be JSON, in chunks and without saying how much it will be."""
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b'{"score": 1.0}' + b" " * (MEGABYTE - 14)
    for _ in range(50):
        connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    connection.sendall(b"0\r\n\r\n")


def endless_head(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for number in range(100_000):
        connection.sendall(b"X-Filler-%d: %b\r\n" % (number, b"x" * 1000))


def redirect(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\n"
        b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    )


def no_http(connection: socket.socket) -> None:
    connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46 this is not HTTP\r\n\r\n")


def late(connection: socket.socket) -> None:
    """A good answer, after everybody's patience."""
    time.sleep(PATIENCE_SECONDS)
    connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")


PLAYS: dict[str, Callable[[socket.socket], None]] = {
    "no-answer": no_answer,
    "hang-up": hang_up,
    "drip": drip,
    "drip-head": drip_head,
    "huge": huge,
    "endless-head": endless_head,
    "redirect": redirect,
    "no-http": no_http,
    "timeout": late,
}
