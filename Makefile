# Everything here needs Go and make; tools are pinned and fetched by go itself. Some
# tests want npm and Chromium: deploy/e2e/tools.sh. `make help` says what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := go run golang.org/x/vuln/cmd/govulncheck@v1.8.0
BUF := go run github.com/bufbuild/buf/cmd/buf@v1.75.0

HUB := github.com/businessespoo/hub
MODULES := proto services gateway deploy
PATTERNS := $(MODULES:%=./%/...)
DATA ?= data

# The race detector needs a C compiler. Without one the tests run all the same.
RACE := $(if $(shell command -v gcc || command -v clang || command -v cc),-race,)
# These measure time, cut power, kill or run the real binary: the race detector
# would change what they test, and slows SQLite down eight times.
PLAIN := $(HUB)/(deploy|services/kit/bus/embedded)(/|$$)
# Of the other packages, so do those that kill, and the one that lets a server read
# its keys again: nats-server then compares its live counters.
ALONE := ^(TestKill|TestAKeyIsRotatedWithoutAStop$$)
WITH := ./services/kit/projection ./services/kit/bus
# go test's own ten minutes are few for deploy/e2e on a slow machine.
LONG := -timeout 30m
# Tests of whole hubs wait more than they work.
WAIT := -parallel 4
TESTED := go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' work

.PHONY: help run test check lint format generated proto build apart bench chaos browser picture vuln clean

help: ## Say what each target does.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## Start everything in one process, with demo data, in DATA (./data).
	@go build -o bin/hub ./deploy/cmd/hub
	@exec bin/hub run --demo --data "$(DATA)"

test: ## Run every test, with the race detector where it is of use.
	@$(if $(RACE),,echo "no C compiler found: the tests run without the race detector")
	@deploy/e2e/tools.sh
	go test $(LONG) $(RACE) -skip '$(ALONE)' $$($(TESTED) | grep -vE '$(PLAIN)')
	go test -run '$(ALONE)' $(WITH)
	go test $(LONG) $(WAIT) $$($(TESTED) | grep -E '$(PLAIN)')
	go test -count=1 -v -run TestRecall ./deploy/intake | grep -E '^(intake|ok|FAIL|---)'

check: lint generated ## Lint, vet, formats, generated code, import rules, builds without the workspace.
	go vet work
	go test -count=1 $(MODULES:%=./%)
	for module in $(MODULES); do (cd $$module && GOWORK=off go build ./...); done

lint:
	@unformatted=$$(gofmt -l $(MODULES)); \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	$(GOLANGCI) run $(PATTERNS)
	cd proto && $(BUF) lint

format: ## Format all Go code as the check wants it.
	$(GOLANGCI) fmt $(MODULES)

# Generated again beside the tree and compared, so that a check changes nothing.
generated:
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	(cd proto && $(BUF) generate -o "$$scratch"); \
	cd proto; for file in $$(cd "$$scratch" && find . -name '*.go'); do \
		cmp -s "$$scratch/$$file" "$$file" || { echo "proto/$${file#./} is not what its .proto says: run make proto"; exit 1; }; \
	done

proto: ## Generate the Go code of the contract again.
	cd proto && $(BUF) generate

build: ## Build all binaries into ./bin, and the nats-server that goes with them.
	@mkdir -p bin
	go build -o bin/ ./deploy/cmd/... ./gateway/cmd/... ./services/cmd/...
	go build -o bin/nats-server github.com/nats-io/nats-server/v2

apart: build ## Start a nats-server, the seven providers and the gateway as nine processes, in DATA.
	@exec deploy/apart/run.sh "$(DATA)"

bench: ## Measure, and print one line for each figure and a table.
	go run ./deploy/bench

chaos: ## Kill the hub under load and cut its power, again and again.
	go test $(LONG) -count=1 -v ./deploy/chaos/... ./services/kit/bus/embedded

browser: ## Play every page with every look against axe-core, and keep pictures of all in deploy/e2e/screenshots.
	go test -count=1 -v ./gateway/web
	HUB_TEST_CHROMIUM=yes HUB_TEST_PICTURES="$(CURDIR)/deploy/e2e/screenshots" go test $(LONG) -count=1 -v -run 'TestScreenshots' ./deploy/e2e
	HUB_TEST_CHROMIUM=yes HUB_TEST_GRID=yes go test -timeout 90m -count=1 -v -run '^TestAccessibleInEveryWay$$' ./deploy/e2e

picture: ## Take the picture of a case that README.md shows anew.
	HUB_TEST_CHROMIUM=yes HUB_TEST_README_PICTURE="$(CURDIR)/deploy/pictures/case.webp" go test -count=1 -run 'TestThreePeople/en$$' ./deploy/e2e

# Not part of check: the database cannot be reached from every machine.
vuln: ## Look for known vulnerabilities in what the modules use; needs https://vuln.go.dev.
	@failed=0; for module in $(MODULES); do \
		said=$$(cd $$module && $(GOVULNCHECK) ./... 2>&1) || failed=1; \
		if grep -q "fetching vulnerabilities" <<<"$$said"; then \
			echo "vuln: the database at https://vuln.go.dev cannot be reached from this machine; nothing was checked"; exit 1; fi; \
		echo "$$module: $$said"; \
	done; exit $$failed

clean: ## Remove what was built; data stays.
	rm -rf bin
