"""`python -m desk add-agent …`: create an agent's account on the record of this installation;
`python -m desk totp NAME`: the code of a demonstration agent now, for those without an authenticator.

The password is read from the terminal (or standard input); the TOTP secret is printed once, with the
`otpauth://` address an authenticator app reads.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from urllib.parse import quote

import pyotp

from core.clock import SystemClock
from core.db import Database
from core.errors import AppError
from core.settings import get_settings
from desk.agents import MIN_PASSWORD, AgentStore, NewAgent, demo_agents


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m desk", description="Accounts of the agent desk"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    code = commands.add_parser("totp", help="code of a demonstration agent now")
    code.add_argument("username", choices=[a["username"] for a in demo_agents()])
    add = commands.add_parser("add-agent", help="create an account")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="name in Chinese, as residents read it")
    add.add_argument("--name-en", required=True, help="name in Latin letters")
    roles = ["agent", "supervisor", "list_editor", "admin"]
    add.add_argument("--role", action="append", choices=roles, required=True)
    add.add_argument(
        "--city", action="append", choices=["shenzhen", "dongguan"], required=True,
        help="a city he may act for; the first is that of his own desk",
    )  # fmt: skip
    add.add_argument("--language", action="append", choices=["zh", "en"], required=True)
    add.add_argument("--medium", action="append", choices=["text", "video"], default=[])
    add.add_argument("--generalist", action="store_true", help="takes any language in the end")
    return parser


async def _add(args: argparse.Namespace, password: str) -> str:
    settings = get_settings()
    db = Database(settings.db_url())
    try:
        store = AgentStore(db, SystemClock(), sandbox=settings.sandbox)
        _, secret = await store.create(
            NewAgent(
                username=args.username,
                password=password,
                name=args.name,
                name_en=args.name_en,
                roles=tuple(dict.fromkeys(args.role)),
                cities=tuple(dict.fromkeys(args.city)),
                languages=tuple(dict.fromkeys(args.language)),
                media=tuple(dict.fromkeys(args.medium)),
                generalist=args.generalist,
            )
        )
    finally:
        await db.close()
    return secret


def main() -> int:
    """Entry point; 0, or 1 with one sentence on standard error."""
    args = _parser().parse_args()
    if args.command == "totp":
        agent = next(a for a in demo_agents() if a["username"] == args.username)
        print(pyotp.TOTP(agent["totp_secret"]).now())
        return 0
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password (at least {MIN_PASSWORD} characters): ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        secret = asyncio.run(_add(args, password))
    except AppError as err:
        print(f"{err.message('en')} {err.details or ''}".strip(), file=sys.stderr)
        return 1
    label = quote(f"Shen-Guan desk:{args.username}")
    print(f"TOTP secret: {secret}")
    print(f"otpauth://totp/{label}?secret={secret}&issuer=Shen-Guan")
    return 0


if __name__ == "__main__":
    sys.exit(main())
