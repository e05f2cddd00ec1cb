#!/bin/sh
# Compile requirements/*.in to pinned *.txt. torch is written without its build tag, so that a CPU
# build from any source satisfies it.
set -eu
cd "$(dirname "$0")/.."
export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}"
compile() { .venv/bin/uv pip compile -q --no-header --no-annotate "$@"; }
rm -f requirements/app.txt requirements/dev.txt requirements/rasa.txt
compile --python-version 3.11 requirements/app.in -o requirements/app.txt
sed -i 's/^\(torch==[0-9.]*\)+cpu$/\1/' requirements/app.txt
compile --python-version 3.11 requirements/dev.in -o requirements/dev.txt
compile --python .venv-rasa/bin/python requirements/rasa.in -o requirements/rasa.txt
echo "✓ requirements compiled"
