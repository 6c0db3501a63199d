# SPDX-License-Identifier: Apache-2.0
#
## Lacuna: sparse-arithmetic hardware, checked bit by bit against PyTorch
##
##   make sim       run simulations        BLOCK= TEST= NETWORK= IMAGES= MODE= ELF= SEED= SIM= WAVES=1
##                                         NETLIST=1 LIBERTY=: on gates in place of the RTL
##   make test      run the test suite     ARGS="..." goes to pytest
##   make lint      check RTL and Python   Verilator, Verible, Icarus, Yosys, ruff, mypy, licences
##   make formal    prove properties       BLOCK= PROOF=
##   make coverage  measure coverage       BLOCK= SEED=, writes build/coverage/<block>
##   make mutants   does the bench notice? BLOCK= SEED= COUNT=, at most an hour a block
##   make nightly   all of it, for long    BLOCKS=a,b SEEDS= HOURS= SEED= JOBS= ENGINE=local|slurm
##   make report    what it all comes to   build/report/index.html, from what the others left
##   make synth     area and longest path  BLOCK= LIBERTY=
##   make power     energy on gates        BLOCK= NETWORK= LIBERTY=, writes build/power/<block>
##   make bench     measure the figures    BLOCK=, writes build/bench/<block>.json; SNAPSHOT=1: README too
##   make setup     only set up            every target does so first
##   make help      this text
##
## Examples
##
##   make sim                                        every block, on all cores
##   make sim BLOCK=soc NETWORK=lenet5-tanh          one network on the whole system
##   make sim BLOCK=msb_skip TEST=RandomTraffic SEED=7 WAVES=1
##   make sim BLOCK=msb_skip SIM=icarus SEED=random  four-valued simulation, new stimuli
##   make test ARGS="tests/test_golden.py -k tanh"
##   make sim BLOCK=msb_skip NETLIST=1               its smoke runs on the netlist
##   make sim BLOCK=riscv TEST=lockstep ELF=program.elf   any RV32IMC program, in step with Spike
##   make bench BLOCK=msb_skip
##   make nightly BLOCKS=riscv,msb_skip HOURS=1      what does not fit into an hour are seeds
##   make nightly SEED=7                             the same night again, or what is left of it
##   make power BLOCK=msb_skip NETWORK=lenet5-relu LIBERTY=sky130hd
##
## LIBERTY is osu018 (default), nangate45, sky130hd, or the path of a Liberty file, .gz or not

PYTHON := .venv/bin/python

# Options reach the recipes through the environment, where no character of theirs has a meaning.
export BLOCK BLOCKS TEST NETWORK IMAGES MODE ELF SEED SIM PARAMETERS SETTINGS PROOF COUNT LIBERTY
export SEEDS HOURS ENGINE JOBS

.DEFAULT_GOAL := help
.PHONY: help setup sim test lint formal coverage mutants nightly report synth power bench

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

setup:
	@scripts/setup

sim: setup
	@$(PYTHON) -m scripts.simulate $(if $(WAVES),--waves) \
	  $${BLOCK:+--block "$$BLOCK"} $${TEST:+--test "$$TEST"} $${SEED:+--seed "$$SEED"} \
	  $${NETWORK:+--network "$$NETWORK"} $${IMAGES:+--images "$$IMAGES"} $${MODE:+--mode "$$MODE"} $${ELF:+--elf "$$ELF"} \
	  $${PARAMETERS:+--parameters "$$PARAMETERS"} $${SETTINGS:+--settings "$$SETTINGS"} \
	  $${SIM:+--sim "$$SIM"} $(if $(NETLIST),--netlist) $${LIBERTY:+--liberty "$$LIBERTY"}

test: setup
	@$(PYTHON) -m pytest -n auto --durations=20 $(ARGS)

lint: setup
	@$(PYTHON) -m scripts.lint

formal: setup
	@$(PYTHON) -m scripts.formal $${BLOCK:+--block "$$BLOCK"} $${PROOF:+--proof "$$PROOF"}

coverage: setup
	@$(PYTHON) -m scripts.coverage $${BLOCK:+--block "$$BLOCK"} $${SEED:+--seed "$$SEED"}

mutants: setup
	@$(PYTHON) -m scripts.fuzz_rtl $${BLOCK:+--block "$$BLOCK"} $${SEED:+--seed "$$SEED"} \
	  $${COUNT:+--count "$$COUNT"}

nightly: setup
	@$(PYTHON) -m scripts.regress $${BLOCKS:+--blocks "$$BLOCKS"} $${SEEDS:+--seeds "$$SEEDS"} \
	  $${HOURS:+--hours "$$HOURS"} $${ENGINE:+--engine "$$ENGINE"} $${JOBS:+--jobs "$$JOBS"} \
	  $${SEED:+--seed "$$SEED"}

report: setup
	@$(PYTHON) -m scripts.report

synth: setup
	@$(PYTHON) -m scripts.synth $${BLOCK:+--block "$$BLOCK"} $${LIBERTY:+--liberty "$$LIBERTY"}

power: setup
	@$(PYTHON) -m scripts.power $${BLOCK:+--block "$$BLOCK"} $${NETWORK:+--network "$$NETWORK"} \
	  $${LIBERTY:+--liberty "$$LIBERTY"}

bench: setup
	@$(PYTHON) -m scripts.bench $(if $(SNAPSHOT),--snapshot) $${BLOCK:+--block "$$BLOCK"}
