# One entry for people and CI. "make test" installs what is missing and runs
# everything; "go test ./..." alone needs nothing installed.
TOOLS := $(CURDIR)/.tools
export PLAYWRIGHT_DRIVER_PATH ?= $(TOOLS)/playwright
export CONSENTRY_TEST_AXE ?= $(TOOLS)/axe-core/package/axe.min.js

# Every package but the journeys in the browser, as the arguments "$@".
but_e2e = all=$$(go list ./...) && set -- $$(echo "$$all" | grep -v '/e2e$$')

# The binary: static, without paths of this machine, without what gin brings
# for msgpack. release leaves the sandbox out as well.
GOBUILD = CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags='-s -w'
RELEASE = $(GOBUILD) -tags nosandbox,nomsgpack

.NOTPARALLEL:
.PHONY: test format vet lint unit tools e2e race bench fuzz build \
	nightly crash gates verify gosec vulnerabilities reproducible release sbom
test: format vet lint tools unit e2e
	@echo "== all passed"

format:
	@echo "== format"
	@out=$$(gofmt -l .) && test -z "$$out" || { echo "run gofmt -w on: $$out"; exit 1; }

vet:
	@echo "== vet"
	@go vet ./...

# All packages, the SDK behind graph included: about a minute and 3.3 GB on two
# cores the first time, a second from then on.
lint:
	@echo "== staticcheck"
	@go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# vet=off: vet has run already, with more checks than these would be.
unit:
	@echo "== unit, contract and store tests"
	@$(but_e2e) && go test -vet=off -timeout 20m "$$@"

tools:
	@echo "== what the tests need and is not here"
	@sh e2e/install.sh "$(TOOLS)"

# count=1: the test cache never stands in for a browser.
e2e: tools
	@echo "== journeys in the browser"
	@go test -vet=off -count=1 -timeout 30m ./e2e

race:
	@$(but_e2e) && go test -race -timeout 40m "$$@"

# Each benchmark states its target, a ratio taken in the same run, and fails
# when it is missed.
bench:
	@$(but_e2e) && go test -run '^$$' -bench . -timeout 30m "$$@"

# What a day's changes are held to besides "make test": the whole crash matrix,
# the gates of the supply chain, the race detector, every fuzz target for 30 s,
# the benchmarks.
nightly: test crash gates race fuzz bench
	@echo "== the night has passed"

# Every point at which the console may be killed, not a part of them.
crash:
	@echo "== killed at every request"
	@CONSENTRY_TEST_NIGHTLY=1 go test -count=1 -timeout 90m ./e2e/crash

gates: verify gosec vulnerabilities reproducible
	@echo "== all gates passed"

verify:
	@echo "== modules are what their checksums say"
	@go mod verify

# Findings of medium severity and confidence fail. gates/gosec.json says what is
# passed over where, and why.
gosec: $(TOOLS)/bin/gosec
	@echo "== gosec"
	@$(TOOLS)/bin/gosec -quiet -severity medium -confidence medium -conf gates/gosec.json -exclude-dir=testdata -color=false ./...

vulnerabilities: $(TOOLS)/bin/govulncheck
	@echo "== govulncheck"
	@sh gates/vulnerabilities.sh $(TOOLS)/bin/govulncheck

reproducible:
	@echo "== two builds of the last commit"
	@sh gates/reproducible.sh

$(TOOLS)/bin/gosec:
	@GOBIN=$(TOOLS)/bin go install github.com/securego/gosec/v2/cmd/gosec@v2.29.0

$(TOOLS)/bin/govulncheck:
	@GOBIN=$(TOOLS)/bin go install golang.org/x/vuln/cmd/govulncheck@v1.8.0

FUZZTIME ?= 30s
fuzz:
	@grep -rn '^func Fuzz' --include='*_test.go' . | sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9]*).*|\1 \2|' | \
	while read -r dir name; do go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; done

build:
	@$(GOBUILD) -tags nomsgpack -o consentry ./cmd/consentry

# dist/ gets the binary for production, what it is made of, and their checksums.
# It may not grow unnoticed. Microsoft's SDK behind graph is 28 MB of it.
MOST = 72000000
release:
	@mkdir -p dist
	@$(RELEASE) -o dist/consentry ./cmd/consentry
	@size=$$(wc -c <dist/consentry) && test "$$size" -le $(MOST) || { echo "the binary has $$size bytes, more than $(MOST)"; exit 1; }
	@go run ./cmd/sbom dist/consentry >dist/consentry.cdx.json
	@cd dist && sha256sum consentry consentry.cdx.json >SHA256SUMS && cat SHA256SUMS

sbom: build
	@go run ./cmd/sbom consentry >consentry.cdx.json
