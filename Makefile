# Two commands for a newcomer: `make run` and `make test`. `make help` lists the rest.
# The machine needs Python >= 3.11 with venv or pip, and make; everything else is the project's own.

PYTHON ?= python3
PY := .venv/bin/python
export TMPDIR := $(CURDIR)/.local/tmp
export PYTHONPATH := $(CURDIR)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.DEFAULT_GOAL := help
.PHONY: help setup run stop clean test long matrix chaos fuzz check generate bench synth diff bootstrap deploy destroy pipeline

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup:
	@$(PYTHON) scripts/setup.py

run: setup ## start or update the platform, then shop on it and show what happened
	@$(PY) -m scripts.local.run

stop: ## stop every process of the platform; data stays for the next run
	@$(PYTHON) -m scripts.local.stop

clean: ## stop, and forget everything: data, logs, environments
	@$(PYTHON) -m scripts.local.clean

test: setup ## the test suite
	@$(PY) -m scripts.dev.test

long: setup ## the long forms of the tests
	@$(PY) -m scripts.dev.test --long

matrix: setup ## every task of the saga with every fault, alone and in pairs; CASE=... one of them
	@$(PY) -m scripts.dev.matrix $(CASE)

chaos: setup ## the kill test: 1,000 orders while processes are killed: make chaos ORDERS=200 SEED=1
	@$(PY) -m tests.chaos $(if $(ORDERS),--orders $(ORDERS)) $(if $(SEED),--seed $(SEED))

fuzz: setup ## 10,000 requests made from the OpenAPI document: make fuzz CASES=1000 SEED=1
	@$(PY) -m tests.fuzz $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED))

check: setup ## format, lint, types, import contract, drift of generated files
	@$(PY) -m scripts.dev.check

generate: setup ## write the generated files
	@$(PY) -m scripts.dev.generate

bench: setup ## the benchmarks, in one table
	@$(PY) -m scripts.dev.bench

synth: setup ## the templates of a stage (prod) into cdk.out, without an AWS account: make synth STAGE=dev
	@$(PY) -m scripts.dev.cdk synth --stage $(or $(STAGE),prod) $(CONTEXT:%=-c %)

diff: setup ## what a deployment of a stage would change in your AWS account: make diff STAGE=prod
	@$(PY) -m scripts.dev.cdk diff --stage $(or $(STAGE),dev) $(CONTEXT:%=-c %)

deploy: setup ## `cdk deploy` of a stage into your AWS account: make deploy STAGE=dev CONTEXT="NAME=VALUE ..."
	@$(PY) -m scripts.dev.cdk deploy --stage $(or $(STAGE),dev) $(CONTEXT:%=-c %)

bootstrap: setup ## `cdk bootstrap`, once for an account and region: make bootstrap STAGE=dev
	@$(PY) -m scripts.dev.cdk bootstrap --stage $(or $(STAGE),dev) $(CONTEXT:%=-c %)

destroy: setup ## `cdk destroy` of a stage: make destroy STAGE=dev
	@$(PY) -m scripts.dev.cdk destroy --stage $(or $(STAGE),dev) $(CONTEXT:%=-c %)

pipeline: setup ## the role by which GitHub's workflows deploy a stage: make pipeline STAGE=prod REPOSITORY=owner/name
	@REPOSITORY=$(REPOSITORY) $(PY) -m scripts.dev.cdk pipeline --stage $(or $(STAGE),dev)
