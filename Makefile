# Baifang's commands. `make run` and `make test` install what they need first; nothing else must be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install install-dev ocr test test-whole check format bench train scoreboard learning lock clean

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

BIN := .venv/bin
PIP := $(BIN)/python -m pip
COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command "make lock" $(UPGRADE)

help: ## show this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | column -t -s $$'\t' 2>/dev/null \
		|| sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1 - \2/p' $(MAKEFILE_LIST)

run: install ## install what is needed and start the playground on http://127.0.0.1:8080/ (Ctrl-C ends it)
	@exec $(BIN)/baifang demo

test: install-dev ## run every test that this machine can run; ARGS="-k name" picks some
	@exec $(BIN)/python -m pytest $(ARGS)

test-whole: ## the same with every count as it was promised, and every story on every platform
	@WHOLE=1 $(MAKE) --no-print-directory test

check: install-dev ## lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: install-dev ## mend what the linter and the formatter can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: install-dev ## run the benchmarks
	@exec $(BIN)/python -m tests.bench $(ARGS)

train: learning ## learn the reader's weights anew from tests/corpus, into config/models
	@exec $(BIN)/python tests/corpus/learn.py $(ARGS)

scoreboard: learning ## measure reading on voices left out of learning (hours), into docs/reference/reading.md
	@exec $(BIN)/python tests/corpus/scoreboard.py $(ARGS)

learning: install-dev
	@$(BIN)/python -c 'import sklearn, torch' 2>/dev/null || $(PIP) install --quiet --no-build-isolation -e '.[learn]'

install: .venv/.locked ## put the locked versions into .venv

install-dev: .venv/.locked-dev

ocr: install ## read pictures of business cards too (about 230 MB more)
	@$(PIP) install --require-hashes -r requirements-ocr.lock && echo '装好了，重启就能认名片。'

lock: .venv/.made ## lock the versions anew; UPGRADE=--upgrade takes the newest
	@$(PIP) install --quiet 'uv>=0.6'
	@$(COMPILE) pyproject.toml requirements.in -o requirements.lock
	@$(COMPILE) --extra ocr -c requirements.lock pyproject.toml requirements.in -o requirements-ocr.lock
	@$(COMPILE) --extra dev -c requirements.lock pyproject.toml requirements.in -o requirements-dev.lock
	@! grep -nE '://|--(extra-)?index|--find-links' requirements*.lock \
		|| { echo '锁定文件里出现了地址，请检查本机的 uv / pip 配置。' >&2; exit 1; }

clean: ## remove what was built; keeps var/, where the demo's data lie
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.made:
	@for each in $(PYTHON) python3 python3.11 python3.12 python3.13; do \
		"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python="$$each" && break; \
	done; \
	[ -n "$$python" ] || { echo '需要 Python 3.11 或更新版本：请先安装，或用 make PYTHON=/路径/python3.11 指定。' >&2; exit 2; }; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$$python 缺少 venv 模块：Debian / Ubuntu 上请先 apt-get install python3-venv。" >&2; exit 2; }; \
	echo "建立 .venv（$$("$$python" -V)）…"; \
	"$$python" -m venv .venv && touch $@

# The stamps make a second call instant. The development set holds the other, at the same versions.
.venv/.locked: requirements.lock pyproject.toml | .venv/.made
	@if [ .venv/.locked-dev -nt requirements-dev.lock ] && [ .venv/.locked-dev -nt requirements.lock ] \
		&& [ .venv/.locked-dev -nt pyproject.toml ]; then touch $@; else $(call put,requirements.lock,$@); fi

.venv/.locked-dev: requirements-dev.lock pyproject.toml | .venv/.made
	@$(call put,requirements-dev.lock,$@)
	@touch .venv/.locked

define put
echo '安装锁定的版本（$(1)），第一次要一两分钟…' \
	&& { $(PIP) install --require-hashes -r $(1) \
		&& $(PIP) install --quiet --no-deps --no-build-isolation --no-index -e . \
		|| { echo '没装上：上面最后几行是原因；网络恢复后再跑一次即可。' >&2; exit 1; }; } \
	&& touch $(2) && echo '装好了。'
endef
