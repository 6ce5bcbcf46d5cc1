# One entry for people and CI. "make test" installs what is missing and runs
# everything; "go test ./..." alone needs nothing installed.
TOOLS := $(CURDIR)/.tools
export PLAYWRIGHT_DRIVER_PATH ?= $(TOOLS)/playwright
export CONSENTRY_AXE ?= $(TOOLS)/axe-core/package/axe.min.js

# Every package but the journeys in the browser, as the arguments "$@".
but_e2e = all=$$(go list ./...) && set -- $$(echo "$$all" | grep -v '/e2e$$')

.NOTPARALLEL:
.PHONY: test format vet lint unit tools e2e race bench fuzz build
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

FUZZTIME ?= 20s
fuzz:
	@grep -rn '^func Fuzz' --include='*_test.go' . | sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9]*).*|\1 \2|' | \
	while read -r dir name; do go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$dir" || exit 1; done

build:
	@CGO_ENABLED=0 go build -trimpath -o consentry ./cmd/consentry
