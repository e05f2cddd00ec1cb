#!/usr/bin/env python3
"""Set everything up: environments, pages, model, index, training. Standard library only.

Each step has a digest of what it depends on and is skipped when nothing changed. A step that fails
says in one sentence what to do. Usage: `scripts/setup.py run|test|env [--force]`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP, RASA = ROOT / ".venv", ROOT / ".venv-rasa"
DATA = Path(os.environ.get("SG_DATA_DIR") or ROOT / "var").resolve()
MIN_FREE = 6 * 1024**3
UV = "uv==0.13.9"
NODE_MIN = 20


class SetupError(Exception):
    """A sentence for the person at the keyboard."""


def say(mark: str, text: str) -> None:
    print(f"{mark} {text}", flush=True)


def run(
    what: str,
    command: list[str],
    *,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    limit: float = 1800,
    hint: str = "",
    quiet: bool = True,
) -> None:
    """Run a step, tell every 15 s that it is alive, show its output only if it fails."""
    started = time.monotonic()
    done = threading.Event()

    def heartbeat() -> None:
        while not done.wait(15):
            say("…", f"{what}: {time.monotonic() - started:.0f} s")

    threading.Thread(target=heartbeat, daemon=True).start()
    try:
        result = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            timeout=limit,
            text=True,
            check=False,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SetupError(f"{what} did not finish in {limit:.0f} s. {hint}".strip()) from None
    except OSError as exc:
        raise SetupError(f"{what} could not start: {exc}. {hint}".strip()) from None
    finally:
        done.set()
    if result.returncode != 0:
        tail = "\n".join((result.stdout or "").splitlines()[-25:])
        raise SetupError(f"{what} failed. {hint}\n{tail}".strip())
    say("✓", f"{what} ({time.monotonic() - started:.1f} s)")


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Digest of files and folders by content, in a stable order."""
    sha = hashlib.sha256("\0".join(extra).encode())
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            parts = file.parts
            if "node_modules" in parts or "__pycache__" in parts or "dist" in parts:
                continue
            sha.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()


def unless_done(stamp: Path, key: str, force: bool, step: Callable[[], None]) -> None:
    """Run `step` unless `stamp` holds `key`; the stamp is written last, whole."""
    if not force and stamp.exists() and stamp.read_text() == key:
        return
    stamp.unlink(missing_ok=True)
    step()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    partial = stamp.with_name(stamp.name + ".part")
    partial.write_text(key)
    partial.replace(stamp)


def works(python: str | Path, minor: int, exact: bool) -> bool:
    """Whether this interpreter starts, is the right version and can make environments."""
    code = "import sys, venv, ensurepip; print(sys.version_info[0], sys.version_info[1])"
    try:
        out = subprocess.run(
            [str(python), "-c", code], capture_output=True, text=True, timeout=20, check=False
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return False
    if len(out) != 2 or out[0] != "3":
        return False
    return int(out[1]) == minor if exact else int(out[1]) >= minor


def find_python(minor: int, exact: bool) -> str | None:
    """A Python 3.`minor` (or newer unless `exact`): PATH first, then pyenv's versions."""
    names = [f"python3.{m}" for m in ([minor] if exact else range(minor, minor + 3))] + ["python3"]
    found = [p for p in (shutil.which(n) for n in names) if p]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found += [str(p) for p in sorted(pyenv.glob(f"3.{minor}*/bin/python"), reverse=True)]
    return next((p for p in found if works(p, minor, exact)), None)


def uv_env() -> dict[str, str]:
    """uv ignores pip's configuration: pass its wheel folder on, so that a local torch is found."""
    links = os.environ.get("UV_FIND_LINKS") or os.environ.get("PIP_FIND_LINKS") or ""
    if not links:
        out = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.find-links"],
            capture_output=True,
            text=True,
            check=False,
        )
        links = out.stdout.strip() if out.returncode == 0 else ""
    return {"UV_FIND_LINKS": links} if links else {}


def app_environment(dev: bool, force: bool) -> None:
    """`.venv`: the application, and with `dev` the tools of the tests."""
    files = [ROOT / "requirements" / "app.txt"] + (
        [ROOT / "requirements" / "dev.txt"] if dev else []
    )
    with_dev = APP / ".sg-dev"
    if not dev and with_dev.exists():
        return app_environment(True, force)

    def step() -> None:
        python = find_python(11, exact=False)
        if python is None:
            raise SetupError(
                "Python 3.11 or newer with venv is missing: install it, e.g. "
                "`apt-get install python3 python3-venv`."
            )
        if not works(APP / "bin" / "python", 11, exact=False):
            run("Python environment .venv", [python, "-m", "venv", "--clear", str(APP)])
        if not (APP / "bin" / "uv").exists():
            run(
                "Package installer uv",
                [str(APP / "bin" / "python"), "-m", "pip", "install", "-q", UV],
                hint="Check that PyPI can be reached.",
            )
        sync = [
            str(APP / "bin" / "uv"),
            "pip",
            "sync",
            "-q",
            "--python",
            str(APP / "bin" / "python"),
        ]
        env = uv_env()
        cpu = [] if env else ["--torch-backend", "cpu"]
        hint = "Check that PyPI can be reached and that the disk has 6 GB free."
        try:
            run("Application packages", [*sync, *cpu, *map(str, files)], env=env, hint=hint)
        except SetupError:
            if not cpu:
                raise
            # The CPU-only index of torch may be closed off; PyPI's own build works too, it is larger.
            unpinned = [
                str(APP / "bin" / "uv"),
                "pip",
                "install",
                "-q",
                "--python",
                str(APP / "bin" / "python"),
            ]
            run(
                "Application packages (large torch)",
                [*unpinned, *(part for f in files for part in ("-r", str(f)))],
                hint=hint,
            )
        if dev:
            with_dev.touch()

    unless_done(APP / ".sg-stamp", digest(files), force, step)


def rasa_environment(force: bool) -> None:
    """`.venv-rasa`: Rasa on Python 3.10."""
    file = ROOT / "requirements" / "rasa.txt"
    uv = str(APP / "bin" / "uv")

    def step() -> None:
        if not works_plain(RASA / "bin" / "python", 10):
            python = find_python(10, exact=True)
            if python is None:
                run(
                    "Python 3.10",
                    [uv, "python", "install", "3.10"],
                    hint="Install Python 3.10 (pyenv install 3.10, or uv python install 3.10).",
                )
                python = "3.10"
            run(
                "Python environment .venv-rasa",
                [uv, "venv", "-q", "--clear", "--python", python, str(RASA)],
            )
        run(
            "Rasa packages",
            [uv, "pip", "sync", "-q", "--python", str(RASA / "bin" / "python"), str(file)],
            env=uv_env(),
            hint="Check that PyPI can be reached and that the disk has 6 GB free.",
        )

    unless_done(RASA / ".sg-stamp", digest([file]), force, step)


def works_plain(python: Path, minor: int) -> bool:
    """Whether the interpreter of an environment starts and has this minor version."""
    if not python.exists():
        return False
    out = subprocess.run(
        [str(python), "-c", "import sys; print(sys.version_info[1])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return out.stdout.strip() == str(minor)


def pages(force: bool) -> None:
    """`web/dist`: the pages, built by Vite."""
    web = ROOT / "web"
    modules = web / "node_modules" / ".sg-stamp"

    def install() -> None:
        node = shutil.which("node")
        npm = shutil.which("npm")
        version = "0"
        if node:
            version = (
                subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
                .stdout.strip()
                .lstrip("v")
            )
        if not npm or int(version.split(".")[0] or 0) < NODE_MIN:
            raise SetupError(
                f"Node {NODE_MIN} or newer with npm is missing: install it from your system."
            )
        run(
            "Packages of the pages",
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=web,
            hint="Check that the npm registry can be reached.",
        )

    unless_done(modules, digest([web / "package-lock.json"]), force, install)
    sources = [p for p in sorted(web.iterdir()) if p.name not in ("node_modules", "dist")]
    unless_done(
        web / "dist" / ".sg-stamp",
        digest(sources),
        force,
        lambda: run("Pages", ["npm", "run", "build"], cwd=web),
    )


def widget(force: bool) -> None:
    """The Rasa web client that the browser tests use, unmodified."""
    folder = ROOT / "tests" / "browser" / "widget"
    unless_done(
        folder / "node_modules" / ".sg-stamp",
        digest([folder / "package-lock.json"]),
        force,
        lambda: run(
            "Rasa web client for the tests",
            ["npm", "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"],
            cwd=folder,
            hint="Check that the npm registry can be reached.",
        ),
    )


def knowledge(force: bool) -> None:
    """Embedding model and search index in the data folder."""
    sources = [ROOT / "knowledge", ROOT / "core" / "cards.py", ROOT / "requirements" / "app.txt"]
    unless_done(
        DATA / "index" / ".sg-stamp",
        digest(sources),
        force,
        lambda: run(
            "Search index",
            [str(APP / "bin" / "python"), "-m", "knowledge", "build"],
            env={"SG_DATA_DIR": str(DATA)},
        ),
    )


def training(_force: bool) -> None:
    """The dialogue model; `scripts/train.py` keeps its own digest."""
    result = subprocess.run(
        [str(APP / "bin" / "python"), str(ROOT / "scripts" / "train.py")],
        cwd=ROOT,
        env={**os.environ, "SG_DATA_DIR": str(DATA)},
        check=False,
    )
    if result.returncode != 0:
        raise SetupError("Training the assistant failed; the reason is above.")


def browser() -> None:
    """Chromium for the browser tests: on the machine, from Debian when root, or Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    have = any(shutil.which(n) for n in names)
    fonts = (
        subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout
        if shutil.which("fc-list")
        else ""
    )
    if have and fonts:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        run("Debian package lists", ["apt-get", "update", "-qq"], env=env)
        run(
            "Chromium and Chinese fonts",
            [
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "chromium",
                "fonts-noto-cjk",
                "fontconfig",
            ],
            env=env,
        )
    elif not have:
        run(
            "Chromium by Playwright",
            [str(APP / "bin" / "playwright"), "install", "chromium"],
            hint="Install Chromium from your system, or run as root on Debian.",
        )


def check_disk() -> None:
    """Say early that the disk is full, not in the middle of an installation."""
    DATA.mkdir(parents=True, exist_ok=True)
    for folder in {ROOT, DATA}:
        free = shutil.disk_usage(folder).free
        if free < MIN_FREE and not (APP / ".sg-stamp").exists():
            raise SetupError(
                f"The disk of {folder} has {free / 1024**3:.1f} GB free; make room for "
                f"{MIN_FREE // 1024**3} GB and start again."
            )
    if not os.access(DATA, os.W_OK):
        raise SetupError(f"{DATA} cannot be written to: change its owner or set SG_DATA_DIR.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=["run", "test", "env"])
    parser.add_argument("--force", action="store_true", help="repeat every step")
    args = parser.parse_args()
    started = time.monotonic()
    try:
        check_disk()
        app_environment(args.goal == "test", args.force)
        rasa_environment(args.force)
        if args.goal != "env":
            pages(args.force)
            knowledge(args.force)
            training(args.force)
        if args.goal == "test":
            widget(args.force)
            browser()
    except SetupError as exc:
        say("✗", str(exc))
        return 1
    except KeyboardInterrupt:
        say("✗", "Stopped. Start again; finished steps are kept.")
        return 130
    elapsed = time.monotonic() - started
    if elapsed > 3:
        say("✓", f"Set up in {elapsed:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
