# Train-D. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export GOTOOLCHAIN := local
# Without the checkout's path in it, what was compiled for one folder is another's too: each function's staged copy, a fresh clone.
export GOFLAGS := -trimpath $(GOFLAGS)
export TERRAFORM
BUILD := .build
LOCAL := $(BUILD)/bin/local
# The race detector needs a C compiler.
RACE := $(shell command -v cc >/dev/null 2>&1 && [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)
# Another program that speaks Terraform's commands may stand in, as where the providers' registry is out of reach.
TERRAFORM ?= terraform
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.14.0
TFLINT := github.com/terraform-linters/tflint@v0.64.0
GITLEAKS := github.com/zricethezav/gitleaks/v8@v8.30.1
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: help
help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: $(LOCAL)
$(LOCAL):
	@mkdir -p $(BUILD)/bin
	@go build -o $(LOCAL) ./infra/local/cmd/local

# The browser app, from its source and the API's document. Go embeds what is built.
WEB := functions/onboarding/web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public -type f ! -name schema.d.ts) $(addprefix $(WEB)/,index.html package.json tsconfig.json vite.config.ts)
$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	@cd $(WEB) && npm ci --silent
$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json shared/api/openapi.json $(WEB_SOURCES)
	@cd $(WEB) && npm run --silent build

.PHONY: web
web: $(WEB)/dist/index.html ## Build the browser app into functions/onboarding/web/dist.

.PHONY: run
run: web $(LOCAL) ## Run all of Train-D on this machine, at http://localhost:8080 (PORT=… for another port).
	@exec $(LOCAL) run

.PHONY: demo
demo: web $(LOCAL) ## Drive a fresh athlete through the running system, or one that it starts.
	@exec $(LOCAL) demo

.PHONY: ops
ops: ## Run an operator's command on the running local system: make ops ARGS="parked list".
	@go run ./infra/ops/cmd/ops -local $(ARGS)

.PHONY: clean
clean: $(LOCAL) ## Forget the local system's state and everything built.
	@$(LOCAL) clean
	@rm -rf $(BUILD)

.PHONY: test
test: vet terraform web ## Run every test, on a real PostgreSQL and in a browser, with the race detector where there is a C compiler.
	@cd $(WEB) && npm test --silent
	@go test $(RACE) -timeout 11m ./...

.PHONY: vet
vet: ## Check formatting and run go vet.
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	@go vet ./...

# Terraform's own checks, with mocked providers: nothing is contacted but, at the first time, the providers' registry.
.PHONY: terraform
terraform:
	@if ! command -v $(TERRAFORM) >/dev/null; then \
		echo "skipped: terraform/ is not checked, as there is no $(TERRAFORM)"; [ "$${CI:-}" != true ]; exit; \
	fi; \
	$(TERRAFORM) -chdir=terraform fmt -check -recursive -diff; \
	$(TERRAFORM) -chdir=terraform init -backend=false -input=false >/dev/null; \
	$(TERRAFORM) -chdir=terraform validate; \
	$(TERRAFORM) -chdir=terraform test

.PHONY: verify
verify: vet ## Run the linters, look for secrets in the history and for known vulnerabilities, check that what is generated is current.
	@go mod tidy -diff
	@go run $(GOLANGCI) run ./...
	@go run $(TFLINT) --chdir=terraform --recursive
	@go run $(GITLEAKS) git --no-banner --redact --verbose .
	@found=$$(go run $(GOVULNCHECK) ./... 2>&1) || { \
		if ! grep -q 'fetching vulnerabilities' <<<"$$found"; then echo "$$found"; exit 1; fi; \
		echo "skipped: the vulnerability database is out of reach"; \
	}

.PHONY: package
package: web ## Stage each function as the Go buildpack will build it, into .build/<name>.zip, and check the archives.
	@go run ./infra/stage/cmd/stage package
	@go run ./infra/stage/cmd/stage check

.PHONY: bootstrap plan deploy destroy
bootstrap: ## Prepare a Google Cloud project for the first deployment (PROJECT=…, DRY_RUN=1 only shows the steps).
	@infra/ops/cloud $@
plan: ## Show what a deployment would change (PROJECT=…).
	@infra/ops/cloud $@
deploy: ## Package, migrate, deploy, and look at its health (PROJECT=…).
	@infra/ops/cloud $@
destroy: ## Delete a deployment with its data (PROJECT=… CONFIRM=…).
	@infra/ops/cloud $@

.PHONY: generate
generate: ## Write what is generated: the OpenAPI document, the settings table of the README.
	@go generate ./...

FUZZTIME ?= 60s
SOAK ?= 10m
LONGEST ?= 10m
API_FUZZTIME ?= 30m
.PHONY: prove
prove: web ## Run the long proofs: the fault matrix, freezing for up to LONGEST (10m), a soak of SOAK (10m), Sync killed at every step, its messages lost and shuffled, the API's operations fuzzed for API_FUZZTIME (30m), every fuzz target for FUZZTIME (60s).
	@go test -v -count=1 -timeout 4h -parallel 4 ./infra/faults -full -longest $(LONGEST) -soak $(SOAK)
	@TRAIND_PROVE=1 go test -v -count=1 -timeout 4h ./infra/crash
	@TRAIND_FUZZ=$(API_FUZZTIME) go test -v -count=1 -timeout 4h -run 5xx ./shared/api
	@grep -rHoE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' shared infra | sed 's/func //' | while IFS=: read -r file name; do \
		echo "$$name in $$(dirname $$file)"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname $$file)"; \
	done

# Further words for the command that measures from outside, such as BENCH='-rounds 10 -only load'.
BENCH ?=
.PHONY: bench
bench: web ## Print the figures (BENCH='-rounds 10 -only load' for some of them, more exactly).
	@go run ./infra/bench/cmd/bench $(BENCH)
	@go test -run '^$$' -bench . -benchmem ./shared/... ./infra/...
