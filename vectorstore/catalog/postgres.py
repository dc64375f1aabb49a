"""The catalog in a PostgreSQL schema: a pool of connections that read, and one that writes.

The only module that knows psycopg.
"""

import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from types import TracebackType
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrBinaryDumper, StrDumper, TextBinaryLoader, TextLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from vectorstore.catalog.database import CatalogError, Transaction, fold_case
from vectorstore.kept_records import BY_AGE, TABLE

LAYOUT = 5
MOST_READERS = 16
SECONDS_TO_CONNECT = 3
"""For one attempt, and for a thread that waits for a connection from the pool."""
READ_ATTEMPTS = 2
KEEPALIVE = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10"
"""Frees the lock of a writer whose machine is gone within a few minutes."""

ESCAPE, NUL, ESCAPED = "\ue000", "\ue0000", "\ue0001"
"""PostgreSQL cannot store NUL: it is written as a private-use character and 0, and that character
itself as the character and 1."""


class PostgresDatabase:
    """A `SharedDatabase` in its own schema, which is created if it is missing.

    Raises CatalogError, here and in every method, if PostgreSQL does not answer.
    """

    def __init__(self, url: str, schema: str) -> None:
        self.place = place_of(url)
        self._url = url
        self._schema = schema
        self.writing = AdvisoryLock(self._connect, schema, self.place)
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=MOST_READERS,
            open=False,
            timeout=SECONDS_TO_CONNECT,
            reconnect_timeout=SECONDS_TO_CONNECT,
            kwargs={"autocommit": True, "connect_timeout": SECONDS_TO_CONNECT},
            configure=self._configure,
        )
        with told(self.place):
            with self._connect() as connection:
                self._create(connection)
            self._pool.open()

    def close(self) -> None:
        self._pool.close()
        self.writing.close()

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with told(self.place):
            for attempt in range(1, READ_ATTEMPTS + 1):
                try:
                    with self._pool.connection() as connection:
                        found = connection.execute(translated(statement), values, binary=True)
                        return found.fetchall()
                except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                    if attempt == READ_ATTEMPTS or isinstance(error, PoolTimeout):
                        raise
                    # A server restart breaks every connection in the pool.
                    self._pool.check()
        raise AssertionError("unreachable")

    def rows_for(self, statement: str, keys: Sequence[object]) -> Iterator[Any]:
        """The rows of a statement with one `IN ({keys})`, for any number of keys."""
        if keys:
            yield from self.rows(statement.replace("IN ({keys})", "= ANY(?)"), [list(keys)])

    def value(self, statement: str, values: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None if there are no rows."""
        found = self.rows(statement, values)
        return found[0][0] if found else None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit the block, or roll it back if it raises."""
        with told(self.place), self.writing:
            connection = self.writing.connection
            with connection.transaction():
                yield _PostgresTransaction(connection)

    def faults(self) -> list[str]:
        """Always empty: PostgreSQL refuses to read what it finds damaged."""
        return []

    def change_number(self) -> int:
        return int(self.value("SELECT number FROM change"))

    def rows_changed_since(
        self, number: int
    ) -> list[tuple[int, int | None, int | None, str | None]]:
        return self.rows(
            "SELECT c.row, p.words, a.published, a.source FROM passage_changes c"
            " LEFT JOIN passages p ON p.row = c.row LEFT JOIN articles a ON a.row = p.article"
            " WHERE c.number > ?",
            (number,),
        )

    def _connect(self) -> "psycopg.Connection[Any]":
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=SECONDS_TO_CONNECT)
        self._configure(connection)
        connection.execute(KEEPALIVE)
        return connection

    def _configure(self, connection: "psycopg.Connection[Any]") -> None:
        for dumper in (_EscapingDumper, _EscapingBinaryDumper):
            connection.adapters.register_dumper(str, dumper)
        for loader in (_UnescapingLoader, _UnescapingBinaryLoader):
            connection.adapters.register_loader("text", loader)
        path = sql.SQL("SET search_path TO {}").format(sql.Identifier(self._schema))
        connection.execute(path)

    def _create(self, connection: "psycopg.Connection[Any]") -> None:
        with connection.transaction():
            # Replicas may be started together.
            key = f"{self._schema} is created"
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
            named = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
            if not connection.execute(named, (self._schema,)).fetchone():
                schema = sql.Identifier(self._schema)
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            if not connection.execute("SELECT to_regclass('layout') IS NOT NULL").fetchone()[0]:  # type: ignore[index]
                script = resources.files("vectorstore.catalog").joinpath("postgres.sql")
                connection.execute(script.read_bytes())
                connection.execute(folding_function().encode())
            found = connection.execute("SELECT number FROM layout").fetchone()
        if found is None or found[0] != LAYOUT:
            raise CatalogError(
                f"The catalog at {self.place} has layout {found and found[0]}; this version of the "
                f"program reads layout {LAYOUT}. Ingest the articles into another database."
            )
        with connection.transaction():
            key = f"{self._schema} keeps records"
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
            # Not part of the layout: records kept for a while are neither moved nor backed up.
            if not connection.execute("SELECT to_regclass('kept_records') IS NOT NULL").fetchone()[
                0
            ]:  # type: ignore[index]
                connection.execute(TABLE.encode())
                connection.execute(BY_AGE.encode())


@contextmanager
def told(place: str) -> Iterator[None]:
    """Raises CatalogError for a server that does not answer, is full or accepts no changes."""
    try:
        yield
    except psycopg.Error as error:
        reason = failure(error, place)
        if reason is None:
            raise
        raise CatalogError(reason) from error


class AdvisoryLock:
    """A `WritingLock` among all processes that have this schema open.

    Its connection is the one that transactions use: if the connection is lost, and the lock with
    it, whoever held the lock can commit nothing more.
    """

    def __init__(
        self, connect: "Callable[[], psycopg.Connection[Any]]", name: str, place: str
    ) -> None:
        self._connect = connect
        self._place = place
        self._name = name
        self._threads = threading.RLock()
        self._depth = 0
        self._connection: psycopg.Connection[Any] | None = None

    @property
    def connection(self) -> "psycopg.Connection[Any]":
        """The connection that holds the lock; only for the thread that acquired it."""
        if self._connection is None:
            raise psycopg.OperationalError("the connection that held the lock is gone")
        return self._connection

    def acquire(self, blocking: bool = True) -> bool:
        if not self._threads.acquire(blocking):
            return False
        try:
            if self._depth == 0 and not self._lock(blocking):
                self._threads.release()
                return False
        except BaseException:
            self._threads.release()
            raise
        self._depth += 1
        return True

    def release(self) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._unlock()
        finally:
            self._threads.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def close(self) -> None:
        with self._threads:
            self._forget_connection()

    def _lock(self, blocking: bool) -> bool:
        for is_new in (self._connection is None, True):
            try:
                with told(self._place):
                    if self._connection is None:
                        self._connection = self._connect()
                    return self._ask(self._connection, blocking)
            except CatalogError:
                # It was idle, so the server may have been restarted since.
                self._forget_connection()
                if is_new:
                    raise
            except BaseException:  # such as KeyboardInterrupt: it may hold the lock by now
                self._forget_connection()
                raise
        return False

    def _ask(self, connection: "psycopg.Connection[Any]", blocking: bool) -> bool:
        function = "pg_advisory_lock" if blocking else "pg_try_advisory_lock"
        statement = f"SELECT {function}(hashtextextended(%s, 0))".encode()
        row = connection.execute(statement, (f"{self._name} is changed",)).fetchone()
        return blocking or bool(row and row[0])

    def _unlock(self) -> None:
        try:
            statement = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"
            self.connection.execute(statement, (f"{self._name} is changed",))
        except psycopg.Error:
            # The lock goes with the connection.
            self._forget_connection()

    def _forget_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _PostgresTransaction:
    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "psycopg.Cursor[Any]":
        return self._connection.execute(translated(statement), values, binary=True)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> "psycopg.Cursor[Any]":
        cursor = self._connection.cursor()
        cursor.executemany(translated(statement), rows)
        return cursor


@lru_cache(1_000)
def translated(statement: str) -> bytes:
    """The statement with psycopg's placeholders.

    >>> translated("SELECT row % 2 FROM texts WHERE row = ?")
    b'SELECT row %% 2 FROM texts WHERE row = %s'
    """
    return statement.replace("%", "%%").replace("?", "%s").encode()


def escaped(text: str) -> str:
    """The text as PostgreSQL stores it, without NUL.

    >>> unescaped(escaped("a\\0b\\ue000")) == "a\\0b\\ue000", "\\0" in escaped("a\\0b")
    (True, False)
    """
    if "\0" not in text and ESCAPE not in text:
        return text
    return text.replace(ESCAPE, ESCAPED).replace("\0", NUL)


def unescaped(text: str) -> str:
    """The inverse of `escaped`."""
    return text.replace(NUL, "\0").replace(ESCAPED, ESCAPE) if ESCAPE in text else text


class _EscapingDumper(StrDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(escaped(obj))


class _EscapingBinaryDumper(StrBinaryDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(escaped(obj))


class _UnescapingLoader(TextLoader):
    def load(self, data: Any) -> str:
        return unescaped(str(super().load(data)))


class _UnescapingBinaryLoader(TextBinaryLoader):
    def load(self, data: Any) -> str:
        return unescaped(str(super().load(data)))


def folding_function() -> str:
    """The statement that creates `fold_case` as an SQL function.

    ICU lower-cases the text; letters whose folding differs, such as ß and ς, are then replaced.
    """
    one, other = [], []
    for number in range(0x80, 0x20000):
        letter = chr(number)
        if not 0xD800 <= number < 0xE000 and letter == letter.lower():
            folded = fold_case(letter) or ""
            is_composed = unicodedata.normalize("NFKC", letter) == letter
            if is_composed and len(folded) == 1 and folded != letter:
                one.append(letter)
                other.append(folded)
    differing = "".join([*one, "ß", "\u0345"])
    return f"""
        CREATE FUNCTION fold_case(given TEXT) RETURNS TEXT
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
        DECLARE lowered TEXT;
        BEGIN
            IF octet_length(given) = char_length(given) THEN
                RETURN lower(given COLLATE "C");
            END IF;
            lowered := normalize(lower(normalize(given, NFKC) COLLATE "und-x-icu"), NFKC);
            IF lowered COLLATE "C" ~ '[{differing}\u1f80-\u1fff]' THEN
                RETURN normalize(replace(translate(normalize(lowered, NFD),
                    '{"".join(one)}\u0345', '{"".join(other)}\u03b9'), 'ß', 'ss'), NFKC);
            END IF;
            RETURN lowered;
        END $$;
    """


def failure(error: psycopg.Error, place: str) -> str | None:
    """A sentence for an error of the server or the connection to it; None for any other.

    >>> failure(errors.DiskFull(), "db:5432/qa")
    'PostgreSQL at db:5432/qa has no room left on its disk. Free some space, then do it again.'
    """
    if isinstance(error, errors.DiskFull):
        return (
            f"PostgreSQL at {place} has no room left on its disk. Free some space, then do it "
            "again."
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return (
            f"PostgreSQL at {place} takes no changes: it is a standby. Set QA_DATABASE_URL to the "
            "primary."
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return (
            f"PostgreSQL at {place} does not let this user do that ({_first_line(error)}). Give "
            "the user of QA_DATABASE_URL its own database, or another user."
        )
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return (
            f"PostgreSQL at {place} does not answer ({_first_line(error)}). Start it, or correct "
            "QA_DATABASE_URL; what was stored before is kept."
        )
    return None


def place_of(url: str) -> str:
    """Where a URL points, without user and password. Raises CatalogError if it is not a URL.

    >>> place_of("postgresql://qa:secret@db/articles")
    'db:5432/articles'
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise CatalogError(
            f"QA_DATABASE_URL is not an address of PostgreSQL ({_first_line(error)}). Write it as "
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE."
        ) from None
    host, port = parts.get("host") or "localhost", parts.get("port") or 5432
    return f"{host}:{port}/{parts.get('dbname') or parts.get('user') or ''}"


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
