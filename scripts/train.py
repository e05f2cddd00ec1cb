"""Train the dialogue model when, and only when, what it is made of changed.

The digest covers config.yml, bot/ and nlu_data/; the model is `<SG_DATA_DIR>/models/rasa/
<digest>.tar.gz`, written under another name and renamed when whole, so that a half-written model is
never served. Runs with any Python 3.10 or later and nothing installed; Rasa runs in `.venv-rasa`.

    python scripts/train.py             train if needed, print the path of the model
    python scripts/train.py --path      print the path, train nothing
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("config.yml", "bot", "nlu_data")
SUFFIXES = {".yml", ".py"}
# what serves or measures a model but does not shape it
NOT_TRAINED = {
    "bot/run.py", "bot/channel.py", "bot/trackers.py", "bot/compat.py", "bot/log.py",
    "bot/evaluate.py", "bot/endpoints.yml", "bot/credentials.yml",
}  # fmt: skip
KEEP = 3


def digest(root: Path = ROOT) -> str:
    """First 16 hex digits of the SHA-256 of every file that shapes the model."""
    total = hashlib.sha256()
    for source in SOURCES:
        path = root / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            name = file.relative_to(root).as_posix()
            if file.suffix in SUFFIXES and file.is_file() and name not in NOT_TRAINED:
                total.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def data_dir() -> Path:
    """`SG_DATA_DIR`, or `var/` in the repository."""
    value = os.environ.get("SG_DATA_DIR")
    return Path(value).resolve() if value else ROOT / "var"


def model_path(root: Path = ROOT) -> Path:
    """Where the model of the present sources is, or will be."""
    return data_dir() / "models" / "rasa" / f"{digest(root)}.tar.gz"


def rasa_python() -> Path:
    """The interpreter of Rasa's environment (`SG_RASA_PYTHON` overrides)."""
    return Path(os.environ.get("SG_RASA_PYTHON", ROOT / ".venv-rasa" / "bin" / "python"))


def train(target: Path) -> None:
    """Train into `target`; raises `SystemExit` with one sentence when it fails."""
    python = rasa_python()
    if not python.exists():
        raise SystemExit(f"Rasa's environment is missing ({python}); run `make run`.")
    target.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "SG_DATA_DIR": str(data_dir()),
    }
    started = time.monotonic()
    print(f"train: digest {target.name[:16]}, about two minutes the first time", flush=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".train-") as folder:
        command = [
            str(python), "-m", "rasa", "train", "--config", "config.yml", "--domain", "bot/domain",
            "--data", "nlu_data", "bot/rules", "--out", folder, "--fixed-model-name", "model",
            "--quiet", "--force",
        ]  # fmt: skip
        with tempfile.TemporaryFile("w+") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
            while True:
                try:
                    code = process.wait(timeout=15)
                    break
                except subprocess.TimeoutExpired:
                    print(f"train: {time.monotonic() - started:.0f} s …", flush=True)
                except BaseException:
                    process.terminate()
                    raise
            model = Path(folder) / "model.tar.gz"
            if code != 0 or not model.exists():
                log.seek(0)
                sys.stderr.write("".join(log.readlines()[-40:]))
                raise SystemExit(f"Training failed (exit {code}); the log is above.")
        with model.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(model, target)
    print(f"train: done in {time.monotonic() - started:.0f} s", flush=True)


def clean(target: Path) -> None:
    """Remove all but the newest few models; a running server has unpacked its own already."""
    others = [p for p in target.parent.glob("*.tar.gz") if p != target]
    for old in sorted(others, key=lambda p: p.stat().st_mtime, reverse=True)[KEEP - 1 :]:
        old.unlink(missing_ok=True)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description="Train the dialogue model if its sources changed.")
    parser.add_argument("--path", action="store_true", help="print the path, train nothing")
    parser.add_argument("--force", action="store_true", help="train even if the model exists")
    arguments = parser.parse_args()
    target = model_path()
    if not arguments.path and (arguments.force or not target.exists()):
        train(target)
        clean(target)
    print(target)


if __name__ == "__main__":
    main()
