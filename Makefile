# `make run` and `make test` do all the set-up; nothing else is needed first.
PY := .venv/bin/python
SETUP := python3 scripts/setup.py
export RASA_TELEMETRY_ENABLED := false
export ORT_DISABLE_TELEMETRY := 1
export TF_CPP_MIN_LOG_LEVEL := 3
# Set, it has every process compile every library anew at every start: 5 s for the gateway alone.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test check bench eval train lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run:  ## set up and serve the product
	@$(SETUP) run
	@exec $(PY) -m gateway.run

test:  ## set up, then lint, types, contracts and every test
	@$(SETUP) test
	@$(PY) scripts/check.py

bench:  ## measure against named baselines; writes nothing
	@$(SETUP) test
	@$(PY) scripts/bench.py

eval:  ## quality of understanding and search
	@$(SETUP) run
	@$(PY) scripts/evaluate.py

train:  ## train the dialogue model if its sources changed
	@$(SETUP) env
	@$(PY) scripts/train.py

lock:  ## compile requirements/*.in to pinned *.txt
	@$(SETUP) env
	@sh scripts/lock.sh

clean:  ## remove environments, builds and state
	rm -rf .venv .venv-rasa web/node_modules web/dist var
