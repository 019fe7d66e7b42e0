# make chat and make test do all the set-up; both work when run again. Linux and macOS; on Windows, in WSL.
VENV := .venv
BIN := $(VENV)/bin
# torch comes first and by itself: on a machine without an NVIDIA GPU from PyTorch's own index of builds without CUDA,
# which would else add several GB. That index is never an extra one for everything: it also holds other packages.
TORCH := 'torch>=2.6,<=2.13.0'
TORCH_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: chat test test-slow lint eval bench torture connections clean help

help:
	@echo "make chat    set up, then open the page"
	@echo "make test    set up, then check everything (about 15 minutes)"
	@echo "make lint    only ruff and mypy"
	@echo "make eval    measure quality and speed (needs the evaluation material; see README)"
	@echo "make bench   measure speed alone: ingest beside the reference, growth, the page"
	@echo "make torture kill, break, crowd and starve stores, feed them hostile files (hours; a part by ARGS, see README)"
	@echo "make connections  run the tests under strace and list what leaves this machine (nothing should; Linux)"
	@echo "make clean   remove the environment; the store in .dossier stays"

chat: $(VENV)/.installed
	@$(BIN)/dossier chat

test: lint
	@$(BIN)/python -m pytest -m "not slow"

test-slow: $(VENV)/.dev
	@$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

eval: $(VENV)/.dev
	@$(BIN)/python -m evals $(ARGS)

bench: $(VENV)/.dev
	@$(BIN)/python -m evals embedding ingest scale page $(ARGS)

torture: $(VENV)/.dev
	@$(BIN)/python -m evals torture $(ARGS)

# Without the browser, which speaks to its makers of its own accord.
connections: $(VENV)/.dev
	@$(BIN)/python -m evals.connections $(BIN)/python -m pytest -m "not slow" --ignore tests/test_browser.py $(ARGS)

clean:
	rm -rf $(VENV)

# An environment with a pip that resolves our set (23.2 did not within minutes).
$(VENV)/.python:
	@if [ "$$(uname -s) $$(uname -m)" = "Darwin x86_64" ]; then \
	  echo "There is no current PyTorch for Macs with an Intel processor, and Dossier needs it."; exit 1; fi
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11, 3.12 or 3.13 is needed and was not found. Install one, or: make PYTHON=/path/to/python3.12"; exit 1; fi; \
	$$found -m venv --clear $(VENV) || { \
	  echo "The environment could not be made. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml
	@echo "Installing Dossier into $(VENV): about 0.6 GB to download at the first time, 2.5 GB on disk."
	@if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null 2>&1; then \
	  $(BIN)/python -m pip install --quiet --retries 1 --index-url $(TORCH_INDEX) $(TORCH) || { \
	    echo "PyTorch could not be installed from $(TORCH_INDEX). Check the connection, then run make again."; exit 1; }; \
	else $(BIN)/python -m pip install --quiet $(TORCH); fi
	@$(BIN)/python -m pip install --quiet --editable . || { \
	  echo "The packages could not be installed. Check the connection and the room on the disk, then run make again."; exit 1; }
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --group dev
	@touch $@
