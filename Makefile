# mmbin: every target sets up what it needs by itself (npm ci without install scripts, Bun from its npm package).
SHELL := bash
.DEFAULT_GOAL := help

# Recorded messages for the tests; they skip where there are none.
RECORDINGS := $(wildcard ../shared/data)
ifneq ($(RECORDINGS),)
export MMBIN_DATA ?= $(abspath $(RECORDINGS))
endif

BUN = "$(shell scripts/bun-path)"
STAMP := node_modules/.installed

.PHONY: help setup paper test check build dist bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMP) ## install the pinned packages

$(STAMP): package-lock.json package.json
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

paper: $(STAMP) ## trade half an hour of a local world on paper, in fifteen seconds
	@$(BUN) src/main.ts paper --for 30m --speed 120

test: $(STAMP) ## run every test, the ones that start processes too
	@MMBIN_PROCESS_TESTS=1 $(BUN) test --timeout 60000

check: $(STAMP) ## strict types, lint, tidy
	@node_modules/.bin/tsc --noEmit
	@node_modules/.bin/biome check --error-on-warnings .
	@$(BUN) test tests/tidy.test.ts

build: $(STAMP) ## compile dist/mmbin
	@scripts/build

dist: $(STAMP) ## compile a release for every platform, with SHA256SUMS
	@$(BUN) scripts/dist.ts

bench: $(STAMP) ## print the measured ratios
	@for f in tests/bench/*.bench.ts; do $(BUN) $$f || exit 1; done

clean: ## remove what was built and installed
	@rm -rf dist node_modules
