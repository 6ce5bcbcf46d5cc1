# One entry for people and CI. "make test" installs what is missing and runs
# everything; "go test ./..." alone needs nothing installed.
TOOLS := $(CURDIR)/.tools
export PLAYWRIGHT_DRIVER_PATH ?= $(TOOLS)/playwright
export CONSENTRY_AXE ?= $(TOOLS)/axe-core/axe.min.js

.PHONY: test tools format vet lint unit race bench fuzz build
test: tools format vet lint unit
tools: ; @sh e2e/install.sh "$(TOOLS)"
format: ; @out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt needed: $$out"; exit 1; }
vet: ; go vet ./...
lint: ; go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
unit: ; go test -timeout 30m ./...
race: ; go test -race -timeout 40m $$(go list ./... | grep -v /e2e)
bench: ; go test -run '^$$' -bench . -benchtime 1x ./...
build: ; CGO_ENABLED=0 go build -trimpath -o consentry ./cmd/consentry
