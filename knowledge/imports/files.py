"""What a file is, told by its content: kind, encoding, digest, safe size. Nothing is parsed here."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
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
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_EXPECTED: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".zip": "zip",
}  # fmt: skip
_NAMES: dict[Kind, str] = {"csv": "CSV", "json": "JSON", "xlsx": "XLSX", "zip": "ZIP"}


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
    def text(self) -> Iterator[IO[str]]:
        """The text, line endings as they are. Raises `ImportRefused` for a broken gzip file."""
        try:
            if self.gzipped:
                with gzip.open(self.path, "rt", encoding=self.encoding, newline="") as file:
                    yield file
            else:
                with self.path.open("r", encoding=self.encoding, newline="") as file:
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
        head = file.read(8192)
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
    return InputFile(path, name, kind, _encoding(path, name, gzipped), gzipped, digest)


def _gzip_head(path: Path, name: str) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            return file.read(8192)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise refused("bad_gzip", name=name) from error


def _kind(path: Path, name: str, head: bytes, expected: Kind | None) -> Kind:
    if head[:8] == _OLE:
        encrypted = _ENCRYPTED in path.read_bytes()
        raise refused("encrypted" if encrypted else "old_excel", name=name)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_kind(path, name, expected)
    start = head.lstrip(codecs.BOM_UTF8).lstrip()
    if not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
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


def _encoding(path: Path, name: str, gzipped: bool) -> str:
    """UTF-16 by its mark, else the first of UTF-8 and GB18030 the whole file is valid in."""
    with _bytes(path, gzipped) as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8", "gb18030"]
    where = 0
    for encoding in candidates:
        problem = _decodes(path, name, gzipped, encoding)
        if problem is None:
            return encoding
        where = max(where, problem)
    raise refused("encoding", name=name, offset=where)


def _decodes(path: Path, name: str, gzipped: bool, encoding: str) -> int | None:
    """None if all of it decodes, else about the byte where it does not."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    try:
        with _bytes(path, gzipped) as file:
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
