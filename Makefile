# Train-D. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export GOTOOLCHAIN := local
BUILD := .build
LOCAL := $(BUILD)/bin/local
# The race detector needs a C compiler.
RACE := $(shell command -v cc >/dev/null 2>&1 && [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.14.0

.PHONY: help
help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: $(LOCAL)
$(LOCAL):
	@mkdir -p $(BUILD)/bin
	@go build -o $(LOCAL) ./infra/local/cmd/local

.PHONY: run
run: $(LOCAL) ## Run all of Train-D on this machine, at http://localhost:8080 (PORT=… for another port).
	@exec $(LOCAL) run

.PHONY: demo
demo: $(LOCAL) ## Drive a fresh athlete through the running system, or one that it starts.
	@exec $(LOCAL) demo

.PHONY: clean
clean: $(LOCAL) ## Forget the local system's state and everything built.
	@$(LOCAL) clean
	@rm -rf $(BUILD)

WEB := functions/onboarding/web
$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	@cd $(WEB) && npm ci --silent || { echo "npm ci failed: the browser's tests cannot run"; [ "$${CI:-}" != true ]; }

.PHONY: test
test: vet $(WEB)/node_modules/.package-lock.json ## Run every test, on a real PostgreSQL and in a browser, with the race detector where there is a C compiler.
	@go test $(RACE) -timeout 11m ./...

.PHONY: vet
vet: ## Check formatting and run go vet.
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	@go vet ./...

.PHONY: verify
verify: vet ## Run the linters and check that what is generated is current.
	@go mod tidy -diff
	@go run $(GOLANGCI) run ./...

.PHONY: package
package: ## Stage each function as the Go buildpack will build it, into .build/<name>.zip, and check the archives.
	@go run ./infra/stage/cmd/stage package
	@go run ./infra/stage/cmd/stage check

.PHONY: generate
generate: ## Write what is generated: the OpenAPI document, the settings table of the README.
	@go generate ./...

FUZZTIME ?= 60s
.PHONY: prove
prove: ## Run the long proofs: every fuzz target for FUZZTIME (60s).
	@grep -rHoE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' shared infra | sed 's/func //' | while IFS=: read -r file name; do \
		echo "$$name in $$(dirname $$file)"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname $$file)"; \
	done

.PHONY: bench
bench: ## Print the figures.
	@go test -run '^$$' -bench . -benchmem ./shared/... ./infra/...
