"""The private names of the media libraries that we rely on are there, and a mismatch is refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection
from aiortc.rtcdtlstransport import RTCDtlsTransport

from video import compat

ROOT = Path(__file__).parents[2]


async def test_installed_libraries_pass_the_self_test() -> None:
    """What is installed is what the code was written for."""
    await compat.self_test()


def test_pins_agree_with_the_requirements() -> None:
    """An update of the requirements must come with an update of the compat module."""
    pinned = (ROOT / "requirements" / "app.txt").read_text()
    for name, version in compat.PINNED.items():
        assert re.search(rf"^{name}=={re.escape(version)}\b", pinned, re.M), name


async def test_another_version_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the library and says what to do."""
    real = metadata.version
    monkeypatch.setattr(
        compat.metadata, "version", lambda name: "9.9.9" if name == "aiortc" else real(name)
    )
    with pytest.raises(compat.Incompatible, match=r"aiortc 9\.9\.9 \(needs 1\.16\.0\).*Install"):
        await compat.self_test()


async def test_a_vanished_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same version with other insides (a distribution's patch) is refused too."""
    monkeypatch.delattr(RTCDtlsTransport, "_register_rtp_sender")
    with pytest.raises(compat.Incompatible, match=r"RTCDtlsTransport\._register_rtp_sender"):
        await compat.self_test()


def test_the_process_does_not_start_on_a_mismatch(tmp_path: Path) -> None:
    """One sentence and exit code 1; never a node that decodes or passes nothing."""
    (tmp_path / "sitecustomize.py").write_text(
        "import aiortc.rtcdtlstransport as t\ndel t.RTCDtlsTransport._register_rtp_receiver\n"
    )
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-m", "video", "--port", "1"],
        env=os.environ | {"PYTHONPATH": path, "SG_INTERNAL_TOKEN": "x"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "cannot start" in done.stderr
    assert "Install the versions of requirements/app.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_private_names_are_used_in_one_file_only() -> None:
    """Whoever updates the libraries has one file to read."""
    private = re.compile(
        r"\b(?:dtls|connection|protocol|receiver|sender|transceiver|made|pc|peer|packet|transport)"
        r"\._(?!_)\w+"
    )
    for path in (ROOT / "video").rglob("*.py"):
        if path.name == "compat.py":
            continue
        assert not private.findall(path.read_text()), path
        assert "_binding" not in path.read_text(), path


def test_the_gateways_part_needs_no_media_library() -> None:
    """The gateway imports the client, the record and the ICE helper without aiortc or av."""
    code = (
        "import sys, video.client, video.consultations, video.tables, video.ice; "
        "sys.exit(any(m in sys.modules for m in ('aiortc', 'aioice', 'av', 'pylibsrtp')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


async def test_other_connections_in_the_process_are_not_changed() -> None:
    """Only the node's own peers are ours; the libraries stay as they are for anybody else."""
    from video.forward.peer import ForwardPeer

    ours, ordinary = ForwardPeer(["127.0.0.1"]), RTCPeerConnection()
    assert isinstance(ours.addTransceiver("audio").receiver, compat.ReceiverBase)
    assert not isinstance(ordinary.addTransceiver("audio").receiver, compat.ReceiverBase)
    await ours.close()
    await ordinary.close()
