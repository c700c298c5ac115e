# Everything that a contributor runs. `make test` is the command of the README
# and of .ci/run; it needs nothing but Go.

GO ?= go

# Pinned, so that a new check never breaks a build that did not change.
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Other people's designs and policies, beside the checkout. Suites that read
# them do nothing if they are not here, and `make test` says so.
export MURALLA_CORPUS ?= $(abspath ../shared/corpus)

FUZZTIME ?= 10s

# The same random draws on every run, so that a failure is one of the code and
# not of luck. `make soak` draws others, and more of them.
export RAPID_SEED ?= 1
export RAPID_NOFAILFILE ?= true

.PHONY: all build test race lint bench fuzz soak docs corpus agreement clean

all: lint test

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o muralla ./cmd/muralla

test:
	@[ -d "$$MURALLA_CORPUS" ] || echo "not run: the suites on other people's designs, since MURALLA_CORPUS is no directory"
	$(GO) vet ./...
	$(GO) test ./...

race:
	$(GO) test -race ./...

lint:
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; \
	if [ -n "$$unformatted" ]; then echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(STATICCHECK) ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# Every fuzz target of the tree for FUZZTIME each: go test takes one at a time.
# Inputs are not minimised for long: coverage of maps differs from run to run, and
# the time would go there.
fuzz:
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -run '^$$' -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$package; \
		done; \
	done

# Other random draws than `make test`, and ten times as many.
soak:
	RAPID_SEED=0 RAPID_CHECKS=1000 $(GO) test -count=1 -timeout 120m ./...

# The table of other people's designs in docs.
corpus:
	$(GO) test -count=1 -run TestCorpusTable ./internal/estate -corpus-table=$(CURDIR)/docs/corpus.md

# What others say of the same designs, and who is right, in docs. It needs them.
agreement:
	MURALLA_UPDATE=1 $(GO) test -count=1 -run '^TestPageIsCurrent$$' ./internal/agreement

# Pages that are generated; a test fails while they are out of date.
docs:
	MURALLA_UPDATE=1 $(GO) test -count=1 -run '^(TestCLIDocument|TestOrdersPicture)IsCurrent$$' ./internal/cli

clean:
	rm -f muralla
