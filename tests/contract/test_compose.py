"""The containers agree with the code: settings, commands, files, networks, secrets.

There is no Docker in the tests; what can be known without it is checked here, and `docker compose
config` runs where the command exists.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
TEXT = COMPOSE.read_text(encoding="utf-8")
DOCKERFILES = {"app": ROOT / "docker/Dockerfile.app", "rasa": ROOT / "docker/Dockerfile.rasa"}
FIELDS = {f"SG_{name.upper()}": field for name, field in Settings.model_fields.items()}
SECRETS = {
    "SG_INTERNAL_TOKEN", "SG_RASA_TOKEN", "SG_TURN_SECRET",
    "SG_CITY_SHENZHEN_SECRET", "SG_CITY_DONGGUAN_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD",
}  # fmt: skip
PRIVATE = ("postgres", "redis", "rasa", "actions", "video", "city-shenzhen", "city-dongguan")
SERVICE_KEYS = {
    "image", "build", "command", "entrypoint", "environment", "volumes", "tmpfs", "networks",
    "ports", "depends_on", "healthcheck", "deploy", "restart", "init", "read_only", "user",
    "cap_drop", "cap_add", "security_opt", "logging", "profiles", "shm_size", "stop_grace_period",
}  # fmt: skip
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?:(:?[-?])([^}]*))?\}")


def compose() -> dict[str, Any]:
    """The file, merge keys resolved, variables as written."""
    loaded: dict[str, Any] = yaml.safe_load(TEXT)
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Services by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def names(networks: Any) -> set[str]:
    """Networks of a service, in either of the two notations."""
    return set(networks)


def filled(text: str) -> str:
    """`text` with the defaults of its variables in place."""
    return VARIABLE.sub(lambda m: m.group(3) or "" if m.group(2) == ":-" else "given", text)


def test_the_file_has_the_shape_compose_reads() -> None:
    """A misspelt key is refused by Compose on the day of the installation; here it fails before."""
    file = compose()
    top = {key for key in file if not key.startswith("x-")}
    assert top == {"name", "services", "networks", "volumes"}
    for name, service in services().items():
        assert set(service) <= SERVICE_KEYS, (name, set(service) - SERVICE_KEYS)
        assert "image" in service, name
        assert names(service["networks"]) <= set(file["networks"]), name
        for other, how in service.get("depends_on", {}).items():
            assert other in services(), (name, other)
            assert how == {"condition": "service_healthy"}, (name, other)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), (name, source)
                assert volume.endswith(":ro"), (name, volume)
            else:
                assert source in file["volumes"], (name, source)


def test_every_service_the_design_names_is_there() -> None:
    """The product, its stores, TURN, and the two sandbox cities in their own profile."""
    found = services()
    assert {"redis", "postgres", "coturn", "rasa", "actions", "gateway", "video"} <= set(found)
    assert {n for n, s in found.items() if s.get("profiles") == ["sandbox"]} == {
        "city-shenzhen", "city-dongguan",
    }  # fmt: skip


def test_every_variable_of_ours_is_a_setting() -> None:
    """A setting that is misspelt or was renamed would be ignored in silence."""
    used = set(re.findall(r"\bSG_[A-Z0-9_]+\b", TEXT))
    assert used <= set(FIELDS), used - set(FIELDS)
    example = set(re.findall(r"\bSG_[A-Z0-9_]+\b", (ROOT / ".env.example").read_text("utf-8")))
    assert example <= set(FIELDS), example - set(FIELDS)


def test_every_setting_can_be_given_to_the_containers() -> None:
    """An operator who sets a documented setting in `.env` must not wonder why nothing changes."""
    given = {key for service in services().values() for key in service.get("environment", {})}
    assert set(FIELDS) <= given, set(FIELDS) - given


def test_defaults_written_in_the_file_are_those_of_the_code() -> None:
    """One default, not two; only the mode differs, on purpose: containers start in production."""
    for name, how, default in VARIABLE.findall(TEXT):
        if name in FIELDS and how == ":-":
            expected = FIELDS[name].default
            if name == "SG_MODE":
                expected = "production"
            assert default == str(expected), name


def test_secrets_come_from_outside_and_are_asked_for_in_a_sentence() -> None:
    """No secret in the file, none that may be empty, and a missing one says what to do."""
    uses = VARIABLE.findall(TEXT)
    for name in SECRETS:
        forms = [(how, words) for used, how, words in uses if used == name]
        assert forms, name
        for how, words in forms:
            assert how == ":?", name
            assert words.startswith(f"Set {name} to "), name
    for service in services().values():
        for key, value in service.get("environment", {}).items():
            if re.search(r"SECRET|TOKEN|PASSWORD", key):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", str(value)), key


def test_the_example_names_every_required_variable() -> None:
    """Copying `.env.example` and filling it in is enough."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, how, _words in VARIABLE.findall(TEXT):
        if how == ":?":
            assert re.search(rf"^{name}=", example, re.MULTILINE), name
    for name in SECRETS:
        assert re.search(rf"^{name}=$", example, re.MULTILINE), f"{name} must be left empty"


@pytest.mark.parametrize("name", sorted(services()))
def test_every_service_is_watched_and_confined(name: str) -> None:
    """Health check, restart, limits, no root, read-only root file system, no privileges."""
    service = services()[name]
    check = service["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL"), name
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)
    assert service["restart"] == "unless-stopped"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in ("root", "0", "0:0")
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= set(limits)
    assert "/tmp" in {entry.split(":")[0] for entry in service["tmpfs"]}
    assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}


def test_only_the_front_door_and_turn_are_published() -> None:
    """No host port for Rasa, Redis, PostgreSQL, the actions, the media node or the cities."""
    published = {name for name, service in services().items() if service.get("ports")}
    assert published == {"gateway", "coturn"}
    assert filled(services()["gateway"]["ports"][0]).startswith("127.0.0.1:")
    for name in PRIVATE:
        assert "network_mode" not in services()[name]


def test_rasa_has_no_way_in_or_out() -> None:
    """Its pinned packages carry known holes: internal networks only, and no credentials of others."""
    networks = compose()["networks"]
    rasa = services()["rasa"]
    assert all(networks[name].get("internal") for name in names(rasa["networks"]))
    assert "SG_DATABASE_URL" not in rasa["environment"]
    assert not [key for key in rasa["environment"] if key.startswith("SG_CITY_")]
    assert not rasa.get("volumes")
    for name in ("postgres", "redis"):
        assert all(networks[net].get("internal") for net in names(services()[name]["networks"]))
    assert not names(rasa["networks"]) & names(services()["postgres"]["networks"])


def test_telemetry_is_off_everywhere() -> None:
    """Rasa would report errors, with what residents wrote, to a foreign service."""
    for name, service in services().items():
        if service["image"].startswith("shen-guan/"):
            assert service["environment"]["RASA_TELEMETRY_ENABLED"] == "false", name
    for path in DOCKERFILES.values():
        assert "RASA_TELEMETRY_ENABLED=false" in path.read_text(encoding="utf-8")


def test_exactly_two_images_are_built() -> None:
    """One for Python 3.11, one for 3.10; everything else is published by others, with a version."""
    built = {s["build"]["dockerfile"]: s["image"] for s in services().values() if "build" in s}
    assert set(built) == {"docker/Dockerfile.app", "docker/Dockerfile.rasa"}
    for service in services().values():
        tag = filled(service["image"]).partition(":")[2]
        assert tag not in ("", "latest"), service["image"]


@pytest.mark.parametrize("name", sorted(DOCKERFILES))
def test_dockerfiles_copy_files_that_exist_and_are_not_ignored(name: str) -> None:
    """A renamed folder or a line in `.dockerignore` would break the build only there."""
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = [line[1:] for line in ignore if line.startswith("!")]
    for line in DOCKERFILES[name].read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0] != "COPY" or words[1].startswith("--from"):
            continue
        for source in words[1:-1]:
            assert (ROOT / source).exists(), source
            clean = source.rstrip("/")
            assert any(clean == a or clean.startswith(f"{a}/") for a in allowed), source


def test_the_images_hold_every_room_they_need() -> None:
    """A new room must be copied into the image of the application."""
    text = DOCKERFILES["app"].read_text(encoding="utf-8")
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rooms = re.search(r"^packages = \[(.*)\]", config, re.MULTILINE)
    assert rooms is not None
    for room in re.findall(r'"(\w+)"', rooms.group(1)):
        assert f"COPY {room}/ {room}/" in text, room


def test_the_images_use_the_python_of_their_environment() -> None:
    """Rasa runs on 3.10 only; the application needs 3.11."""
    for name, version in (("app", "3.11"), ("rasa", "3.10")):
        text = DOCKERFILES[name].read_text(encoding="utf-8")
        assert set(re.findall(r"^FROM python:([\d.]+)", text, re.MULTILINE)) == {version}
        assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    packer = re.search(r'^UV = "(uv==[\d.]+)"', (ROOT / "scripts/setup.py").read_text(), re.M)
    assert packer is not None
    assert all(packer.group(1) in p.read_text(encoding="utf-8") for p in DOCKERFILES.values())


def module_files(module: str) -> list[Path]:
    """The files in which the command line of a module may be defined."""
    path = ROOT / Path(*module.split("."))
    if path.is_dir():
        return sorted(path.glob("*.py"))
    return [path.with_suffix(".py"), *sorted(path.parent.glob("*.py"))]


@pytest.mark.parametrize(
    "name", [n for n, s in sorted(services().items()) if s["image"].startswith("shen-guan/")]
)
def test_commands_name_modules_and_options_that_exist(name: str) -> None:
    """`python -m room --option`: the module is there and knows the option."""
    command = services()[name]["command"]
    assert command[:2] == ["python", "-m"]
    module = Path(*command[2].split("."))
    entry = [ROOT / module.with_suffix(".py"), ROOT / module / "__main__.py"]
    assert any(path.is_file() for path in entry), command[2]
    source = "\n".join(path.read_text(encoding="utf-8") for path in module_files(command[2]))
    for option in (word for word in command[3:] if word.startswith("--")):
        assert f'"{option}"' in source, option


def test_health_checks_ask_the_port_the_service_listens_on() -> None:
    """A health check of another port would restart a healthy service for ever."""
    for name, service in services().items():
        if not service["image"].startswith("shen-guan/"):
            continue
        command, check = service["command"], service["healthcheck"]["test"]
        port = filled(command[command.index("--port") + 1])
        assert check[:3] == ["CMD", "python", "/app/docker/healthcheck.py"], name
        assert f":{port}/" in filled(check[3]), name


def test_addresses_between_services_are_true() -> None:
    """Every `http://service:port` names a service, its port, and a network both are on."""
    found = services()
    pattern = re.compile(r"(?:http|redis|postgresql\+asyncpg)://(?:[^@/]*@)?([a-z-]+):(\d+)")
    default_ports = {"redis": "6379", "postgres": "5432"}
    for name, service in found.items():
        for value in service.get("environment", {}).values():
            for host, port in pattern.findall(str(value).split(":?")[0]):
                assert host in found, (name, host)
                assert names(found[host]["networks"]) & names(service["networks"]), (name, host)
                command = found[host].get("command", [])
                if "--port" in command:
                    assert command[command.index("--port") + 1] == port, (name, host)
                else:
                    assert default_ports[host] == port, (name, host)


def test_readiness_looks_at_the_actions_and_waits_in_no_circle() -> None:
    """The gateway is told where the actions are, whose start waits for its /healthz; nobody waits for its
    /readyz, which waits for them."""
    found = services()
    gateway = found["gateway"]
    assert (
        gateway["environment"]["SG_ACTIONS_URL"] == found["rasa"]["environment"]["SG_ACTIONS_URL"]
    )
    assert "gateway" in found["actions"]["depends_on"]
    assert filled(gateway["healthcheck"]["test"][3]).endswith("/healthz")
    assert not {"actions", "rasa"} & set(gateway["depends_on"])


def test_turn_relays_to_the_media_node_only() -> None:
    """An open relay would be a door into the networks behind it."""
    config = (ROOT / "docker/coturn/turnserver.conf.in").read_text(encoding="utf-8")
    lines = {line for line in config.splitlines() if line and not line.startswith("#")}
    assert {"use-auth-secret", "no-cli", "no-tcp-relay", "no-multicast-peers"} <= lines
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in lines
    assert [line for line in lines if line.startswith("allowed-peer-ip")] == [
        "allowed-peer-ip=@TURN_PEER@"
    ]
    found = services()
    coturn, video = found["coturn"], found["video"]
    assert coturn["environment"]["TURN_PEER"] == video["environment"]["SG_VIDEO_BIND"]
    assert coturn["environment"]["TURN_PEER"] == video["networks"]["media"]["ipv4_address"]
    assert coturn["environment"]["TURN_ADDRESS"] == coturn["networks"]["media"]["ipv4_address"]
    subnet = compose()["networks"]["media"]["ipam"]["config"][0]["subnet"]
    net = ipaddress.ip_network(filled(subnet))
    for key in ("TURN_PEER", "TURN_ADDRESS"):
        assert ipaddress.ip_address(filled(coturn["environment"][key])) in net
    given = set(re.findall(r"@([A-Z_]+)@", config))
    start = (ROOT / "docker/coturn/start.sh").read_text(encoding="utf-8")
    assert given == set(re.findall(r"s\|@([A-Z_]+)@", start))
    assert given == set(coturn["environment"])


@pytest.mark.parametrize("script", ["entrypoint.sh", "redis.sh", "coturn/start.sh"])
def test_shell_scripts_parse(script: str) -> None:
    """They run under a plain POSIX shell."""
    subprocess.run(["sh", "-n", str(ROOT / "docker" / script)], check=True, timeout=10)


def test_turn_configuration_is_filled_in(tmp_path: Path) -> None:
    """`start.sh` leaves no placeholder and keeps the secret out of the environment of the server."""
    (tmp_path / "bin").mkdir()
    server = tmp_path / "bin" / "turnserver"
    server.write_text('#!/bin/sh\ncat "$2"\nenv | grep -c TURN_SECRET || true\n')
    server.chmod(0o755)
    script = (ROOT / "docker/coturn/start.sh").read_text(encoding="utf-8")
    script = script.replace("/tmp/", f"{tmp_path}/").replace("/etc/sg/", f"{ROOT}/docker/coturn/")
    env = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "TURN_SECRET": "s3cret",
        "TURN_REALM": "realm", "TURN_ADDRESS": "172.30.77.20", "TURN_PEER": "172.30.77.10",
    }  # fmt: skip
    out = subprocess.run(
        ["sh", "-c", script], env=env, capture_output=True, text=True, check=True, timeout=10
    ).stdout
    assert "static-auth-secret=s3cret" in out
    assert not re.search(r"^[^#]*@[A-Z_]+@", out, re.MULTILINE)
    assert out.splitlines()[-1] == "0"


@pytest.mark.skipif(
    shutil.which("docker") is None
    or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode != 0,
    reason="docker with the compose plugin is not installed",
)
def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    """Where Docker's own parser is at hand, it has the last word."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    env = tmp_path / "env"
    env.write_text(re.sub(r"^(\w+)=$", r"\1=0123456789abcdef", example, flags=re.MULTILINE))
    command = ["docker", "compose", "--profile", "sandbox", "--env-file", str(env), "-f"]
    subprocess.run([*command, str(COMPOSE), "config", "-q"], check=True, timeout=60, cwd=ROOT)
