"""What a file is, told by its content: kind, encoding, digest, safe size. Nothing is parsed here."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from knowledge.imports.faults import refused

Kind = Literal["csv", "json", "xlsx", "zip"]
MAX_BYTES = 512 * 1024 * 1024
"""Size of a file, and of what a compressed one holds."""
MAX_RATIO = 200
"""Times a part of a compressed file may grow (beyond 16 MiB)."""
_FREE = 16 * 1024 * 1024
_CHUNK = 1 << 16
_HEAD = 8192
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_EXPECTED: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".zip": "zip",
}  # fmt: skip
_NAMES: dict[Kind, str] = {"csv": "CSV", "json": "JSON", "xlsx": "XLSX", "zip": "ZIP"}


class Far:
    """How far a file has been read: by the rows it has where they were counted, else by its bytes."""

    def __init__(self) -> None:
        self.rows: int | None = None
        self._raw: IO[bytes] | None = None
        self._size = 0

    def follow(self, raw: IO[bytes], size: int) -> None:
        """Go by the place in a file on disk."""
        self._raw, self._size = raw, size

    def total(self, done: int) -> int | None:
        """About how many rows there are, when `done` have been read; None: it cannot be told."""
        if self.rows is not None:
            return max(self.rows, done)
        read = self._raw.tell() if self._raw is not None and not self._raw.closed else 0
        return max(done, round(done * self._size / read)) if read else None


@dataclass(frozen=True)
class InputFile:
    """A file that can be read."""

    path: Path
    name: str
    kind: Kind
    encoding: str
    """Of text files; empty for others."""
    gzipped: bool
    digest: str
    """SHA-256 of the bytes on disk, hex."""

    @contextmanager
    def text(self, far: Far | None = None) -> Iterator[IO[str]]:
        """The text, line endings as they are; `far` is told of it. Raises `ImportRefused` for a broken
        gzip file."""
        try:
            with self.path.open("rb") as raw:
                if far is not None:
                    far.follow(raw, self.path.stat().st_size)
                unpacked = cast(IO[bytes], gzip.open(raw) if self.gzipped else raw)  # noqa: SIM115
                with io.TextIOWrapper(unpacked, encoding=self.encoding, newline="") as file:
                    yield file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise refused("bad_gzip", name=self.name) from error


def inspect(path: Path, name: str | None = None) -> InputFile:
    """Look at a file; raises `ImportRefused` with one sentence that says what is wrong."""
    name = (name or path.name).encode(errors="replace").decode()  # which may be no text at all
    if path.is_dir():
        raise refused("directory", name=name)
    if not path.is_file():
        raise refused("no_file", name=name)
    size = path.stat().st_size
    if size == 0:
        raise refused("empty", name=name)
    if size > MAX_BYTES:
        raise refused("too_large", name=name, limit=MAX_BYTES // 1024 // 1024)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    gzipped = head[:2] == b"\x1f\x8b"
    if gzipped:
        head = _gzip_head(path, name)
    suffixes = [s.lower() for s in Path(name).suffixes]
    if gzipped and suffixes and suffixes[-1] in (".gz", ".gzip"):
        suffixes.pop()
    expected = _EXPECTED.get(suffixes[-1]) if suffixes else None
    kind = _kind(path, name, head, expected)
    if expected is not None and kind != expected:
        raise refused("wrong_kind", name=name, said=_NAMES[expected], found=_NAMES[kind])
    if kind in ("xlsx", "zip"):
        return InputFile(path, name, kind, "", False, digest)
    encoding = _encoding(lambda: _bytes(path, gzipped), name)
    return InputFile(path, name, kind, encoding, gzipped, digest)


def decoded(data: bytes, name: str) -> str:
    """The text of a part of an archive, read as a file of its own is. Raises `ImportRefused`."""
    if not data.startswith(_MARKS) and b"\x00" in data[:_HEAD]:
        raise refused("binary", name=name)
    return data.decode(_encoding(lambda: io.BytesIO(data), name))


def _gzip_head(path: Path, name: str) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            return file.read(_HEAD)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise refused("bad_gzip", name=name) from error


def _kind(path: Path, name: str, head: bytes, expected: Kind | None) -> Kind:
    if head[:8] == _OLE:
        encrypted = _ENCRYPTED in path.read_bytes()
        raise refused("encrypted" if encrypted else "old_excel", name=name)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_kind(path, name, expected)
    start = head.lstrip(codecs.BOM_UTF8).lstrip()
    if not head.startswith(_MARKS):
        if b"\x00" in head or head[:4] in (b"%PDF", b"\x89PNG", b"\xff\xd8\xff\xe0", b"GIF8"):
            raise refused("binary", name=name)
        if not start:
            raise refused("empty", name=name)
        if start[:1] == b"<":
            raise refused("web_page", name=name)
    else:
        start = head.decode("utf-16", "ignore").lstrip().encode()
    looks_json = start[:1] in (b"{", b"[")
    if expected == "json" and not looks_json:
        return "json" if _may_hold_json(head) else "csv"
    return "json" if looks_json else "csv"


def _may_hold_json(head: bytes) -> bool:
    """Whether any of the first lines looks like a JSON object: the first of a crawl may be broken."""
    return any(line.lstrip()[:1] == b"{" for line in head.splitlines()[1:50])


def _zip_kind(path: Path, name: str, expected: Kind | None) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refused("bad_zip" if expected == "zip" else "bad_workbook", name=name) from error
    total = 0
    for part in parts:
        total += part.file_size
        grown = part.file_size > _FREE and part.file_size > MAX_RATIO * max(1, part.compress_size)
        if total > MAX_BYTES or grown or len(parts) > 10_000:
            raise refused("bomb", name=name, limit=MAX_BYTES // 1024 // 1024)
        if part.flag_bits & 1:
            raise refused("encrypted", name=name)
    names = {part.filename for part in parts}
    if "[Content_Types].xml" in names:
        if "xl/workbook.xml" not in names:
            raise refused("not_a_workbook", name=name)
        return "xlsx"
    if any(part.endswith(".csv") for part in names):
        return "zip"
    raise refused("bad_workbook" if expected == "xlsx" else "not_a_workbook", name=name)


def _encoding(opened: Callable[[], AbstractContextManager[IO[bytes]]], name: str) -> str:
    """UTF-16 by its mark, else the first of UTF-8 and GB18030 the whole text is valid in."""
    with opened() as file:
        start = file.read(4)
    if start.startswith(_MARKS):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8", "gb18030"]
    where = 0
    for encoding in candidates:
        with opened() as file:
            problem = _decodes(file, name, encoding)
        if problem is None:
            return encoding
        where = max(where, problem)
    raise refused("encoding", name=name, offset=where)


def _decodes(file: IO[bytes], name: str, encoding: str) -> int | None:
    """None if all of it decodes, else about the byte where it does not."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
            done += len(chunk)
            if done > MAX_BYTES:
                raise refused("bomb", name=name, limit=MAX_BYTES // 1024 // 1024)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return done + error.start
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise refused("bad_gzip", name=name) from error
    return None


@contextmanager
def _bytes(path: Path, gzipped: bool) -> Iterator[IO[bytes]]:
    if gzipped:
        with gzip.open(path, "rb") as unpacked:
            yield cast(IO[bytes], unpacked)
    else:
        with path.open("rb") as file:
            yield file
