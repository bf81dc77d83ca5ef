"""Databases of a server, embedded or given."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import redis
from psycopg import errors, sql

from config.embedded.errors import EmbeddedError

PATIENCE_SECONDS = 60.0
HIGHEST_REDIS_DATABASE = 63


def ensure_database(name: str, server_url: str) -> str:
    """Create the database if it is missing; returns the address with that database in it."""
    with _connect(with_database(server_url, "postgres")) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            _create(connection, name)
    return with_database(server_url, name)


@contextlib.contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The address of a new database on that server, dropped at the end."""
    name = f"fuxiang_throwaway_{secrets.token_hex(4)}"
    try:
        yield ensure_database(name, server_url)
    finally:
        with _connect(with_database(server_url, "postgres")) as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))


@contextlib.contextmanager
def empty_redis_database(server_url: str) -> Iterator[str]:
    """The address of a numbered database of that Redis that holds nothing, emptied at the end."""
    with redis.Redis.from_url(server_url) as client:
        try:
            client.ping()
        except redis.RedisError as error:
            raise EmbeddedError(f"Redis cannot be reached: {error}") from error
    for number in range(HIGHEST_REDIS_DATABASE, 0, -1):
        url = with_database(server_url, str(number))
        with redis.Redis.from_url(url) as client:
            try:
                if client.dbsize() != 0:
                    continue
            except redis.ResponseError:
                continue  # it has fewer databases than that
            try:
                yield url
            finally:
                client.flushdb()
            return
    raise EmbeddedError("The given Redis has no empty database left for a throw-away run.")


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name)}"))


def _create(connection: psycopg.Connection, name: str) -> None:
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return  # somebody else made it in the same moment


def _connect(url: str) -> psycopg.Connection:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            said = " ".join(str(error).split())
            waits = "starting up" in said or "recovery mode" in said or "too many clients" in said
            if not waits or time.monotonic() > deadline:
                raise EmbeddedError(f"The database cannot be reached: {said}") from error
            time.sleep(0.2)
