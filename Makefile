# Everything a contributor or user runs. Needs Go and make, and a C compiler for the race detector.
# Tools are pinned in go.mod and internal/tools/go.mod, and built by Go on first use.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BINARY := dist/otelcol-runtimelab
GATEWAY := dist-gateway/otelcol-runtimelab-gateway
TOOL := go tool -modfile=$(CURDIR)/internal/tools/go.mod
PACKAGES := ./...
COUNT := 1
FILES := config/pipeline-test
BENCH := .
REPEAT := 1
RATE := 50000
JOBS := 4
FUZZ := .
FUZZTIME := 20s
# What make check leaves out: tests that take minutes or need the built Collector.
SLOW := e2e|sidecarcost|internal/scale|cmd/pipelinetest|pipelinetest/internal/run|quality|internal/check|latency
PLATFORMS := linux/arm64 darwin/arm64 windows/amd64
GORELEASER := go run github.com/goreleaser/goreleaser/v2@v2.17.1
ADDLICENSE := $(TOOL) addlicense -s=only -c '' -l Apache-2.0
# What a package's tests may take at most. It ends a test that hangs; a busy machine needs several times what it takes alone.
TIMEOUT := 30m

# A target is in the list if "## " and what it does follow it, below the last "##@ " and the heading before it.
.PHONY: help
help:
	@awk -F ':.*## ' '/^##@ / {heading = substr($$0, 5); if (!(heading in text)) order[++n] = heading; next} \
		/^[a-z-]+:.*## / {text[heading] = text[heading] sprintf("  make %-16s %s\n", $$1, $$2)} \
		END {for (i = 1; i <= n; i++) printf "%s%s\n%s", (i > 1 ? "\n" : ""), order[i], text[order[i]]}' $(MAKEFILE_LIST)

##@ Use it

.PHONY: run
run: build ## build if needed, then run the main job: three runtimes side by side (Ctrl-C ends it)
	@echo "Starting config/quickstart.yaml: a page at http://localhost:55690, a table every 5 s, Ctrl-C for the final one."
	@exec $(BINARY) --config config/quickstart.yaml

# go build -v names each package as it is compiled; one line in 50 is enough to see that it moves.
.PHONY: build
build: ## compile the Collector into dist/
	@echo "Building $(BINARY) (the first time takes some minutes)"
	@cd dist && CGO_ENABLED=0 go build -v -trimpath -tags grpcnotrace -ldflags="-s -w" -o otelcol-runtimelab . 2>&1 | \
		awk '/^go: downloading/ {if (++d % 50 == 1) {print "  downloading modules: " d; fflush()} next} \
		     /^[^ ]+\/[^ ]+$$/ || /^[a-z0-9]+$$/ {if (++n % 50 == 0) {print "  compiled " n " packages, now " $$0; fflush()} next} {print}'

.PHONY: gateway
gateway: ## compile the second distribution, with loadbalancing, into dist-gateway/ (the first time takes many minutes)
	@echo "Building $(GATEWAY) (the first time takes many minutes)"
	@cd dist-gateway && CGO_ENABLED=0 go build -trimpath -tags grpcnotrace -ldflags="-s -w" -o $(notdir $(GATEWAY)) .

.PHONY: runtimesim
runtimesim: ## compile the models' command line into bin/
	@CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/runtimesim ./cmd/runtimesim

.PHONY: pipelinetest
pipelinetest: ## compile the command that tests pipelines into bin/
	@CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/pipelinetest ./cmd/pipelinetest

.PHONY: otlpload
otlpload: ## compile the command that sends a load without a configuration file into bin/
	@CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/otlpload ./cmd/otlpload

.PHONY: pipeline-test
pipeline-test: build pipelinetest ## run every scenario of config/pipeline-test/ (5 minutes); REPEAT=n repeats, FILES=a.yaml selects
	@bin/pipelinetest --collector $(BINARY) --repeat $(REPEAT) --junit bin/pipeline-test.xml --json bin/pipeline-test.json $(FILES)

.PHONY: sidecar-outage
sidecar-outage: build pipelinetest ## the sidecar as shipped with large spans, a full queue, kills (3 minutes); REPEAT=10 repeats
	@bin/pipelinetest --collector $(BINARY) --repeat $(REPEAT) --json bin/sidecar-outage.json config/sidecar-outage

.PHONY: atlas
atlas: gateway pipelinetest ## show known losses of the Collector, and what avoids them, and write docs/atlas.md (4 minutes); JOBS=n at once
	@bin/pipelinetest --collector $(GATEWAY) --jobs $(JOBS) --repeat $(REPEAT) --json bin/atlas.json config/atlas
	@go run ./internal/atlas bin/atlas.json config/atlas > bin/atlas.md && mv bin/atlas.md docs/atlas.md

##@ Change it

.PHONY: check
check: lint ## the fast loop while you work: linters and unit tests (two minutes or less once it has run)
	@echo "Testing"
	@go test -timeout $(TIMEOUT) $$(go list $(PACKAGES) | grep -vE '/($(SLOW))$$')
	@echo "Left out: data races, whether generated files are fresh, whatever runs the built Collector, and $(SLOW). make test has it all."

.PHONY: pipeline-mutants
pipeline-mutants: build pipelinetest ## run pipelines that are broken on purpose, and healthy ones (7 minutes); JOBS=n at once
	@bin/pipelinetest --collector $(BINARY) --jobs $(JOBS) --junit bin/pipeline-mutants.xml --json bin/pipeline-mutants.json config/pipeline-mutants

.PHONY: test
test: generated lint build validate ## run everything: drift checks, linters, every test with -race, end-to-end tests
	@echo "Testing (with the race detector)"
	@go test -race -timeout $(TIMEOUT) $(PACKAGES)
	@go test -timeout $(TIMEOUT) ./scheduler/internal/check ./internal/quality ./processor/runtimestatsprocessor/internal/latency # longer runs than the race detector has time for
	@$(MAKE) deploy-test
	@$(MAKE) release-test
	@$(MAKE) plot-test
	@$(MAKE) page-check
	@echo "Left out: the page in a browser: make page-test has it."
	@echo "Left out: the dashboard and the alerts on a real Prometheus, which takes minutes to build. make prometheus-test has them."
	@echo "Left out: pipelinetest's manifests on a real Kubernetes, which needs root and takes minutes. make cluster-test has them."

.PHONY: deploy-test
deploy-test: build ## check what deploy/ ships, in a Go module of its own
	@echo "Testing deploy/"
	@cd deploy && go mod tidy -diff && $(TOOL) golangci-lint run --allow-parallel-runners ./... && go test -count=1 -timeout $(TIMEOUT) ./... # what it reads lies outside the module, so Go would not see that it changed

# Whether go.mod is tidy is not asked: tidy wants what GoReleaser's own tests want, and not every module proxy has that. Without what is needed the test does
# not build.
.PHONY: release-test
release-test: ## check how it is released and what --help says, in a Go module of its own
	@echo "Testing internal/release"
	@cd internal/release && $(TOOL) golangci-lint run --allow-parallel-runners ./... && go test -count=1 -timeout $(TIMEOUT) ./... # what it reads lies outside the module

.PHONY: plot-test
plot-test: # the plots of docs/fidelity.md, in a Go module of their own
	@echo "Testing internal/fidelity/plot"
	@cd internal/fidelity/plot && go mod tidy -diff && $(TOOL) golangci-lint run --allow-parallel-runners ./... && go test -timeout $(TIMEOUT) ./...

# Prometheus as others would install it, without what finds targets in clouds, and without its pages.
PROMETHEUS := github.com/prometheus/prometheus/cmd

.PHONY: prometheus
prometheus: ## compile Prometheus and promtool into bin/ (several minutes the first time)
	@echo "Building bin/prometheus and bin/promtool (the first time takes several minutes)"
	@cd internal/prometheus && go build -tags remove_all_sd -o $(CURDIR)/bin/ $(PROMETHEUS)/prometheus $(PROMETHEUS)/promtool

.PHONY: prometheus-test
prometheus-test: build prometheus ## ask a real Prometheus, beside a real sidecar, all that the dashboard and the alerts ask (a minute, and a build)
	@echo "Testing internal/prometheus"
	@cd internal/prometheus && go mod tidy -diff && $(TOOL) golangci-lint run --allow-parallel-runners ./... && go test -count=1 -timeout $(TIMEOUT) ./... # what it reads lies outside the module

# The programs of a Kubernetes release, each from its Go module, and a cluster that runs on this machine alone: docs/cluster.md.
KUBERNETES := $(shell awk '$$2 == "k8s.io/kubernetes" {print $$3} $$1 == "k8s.io/kubernetes" {print $$2}' internal/cluster/parts/kubernetes/go.mod)
SCENARIO := .

.PHONY: cluster
cluster: ## compile etcd, Kubernetes and CoreDNS, and what starts them as a cluster, into bin/cluster/ (many minutes the first time)
	@echo "Building etcd, Kubernetes $(KUBERNETES) and CoreDNS into bin/cluster/ (the first time takes many minutes)"
	@cd internal/cluster/parts/etcd && go build -trimpath -ldflags="-s -w" -o $(CURDIR)/bin/cluster/etcd go.etcd.io/etcd/server/v3
	@cd internal/cluster/parts/kubernetes && version=k8s.io/component-base/version && for program in kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubectl; do \
		go build -trimpath -ldflags="-s -w -X $$version.gitVersion=$(KUBERNETES)" -o $(CURDIR)/bin/cluster/ k8s.io/kubernetes/cmd/$$program || exit; \
	done
	@cd internal/cluster/parts/coredns && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o $(CURDIR)/bin/cluster/coredns .
	@cd internal/cluster && CGO_ENABLED=0 go build -trimpath -o $(CURDIR)/bin/cluster/cluster .

.PHONY: cluster-test
cluster-test: build pipelinetest cluster ## play pipelinetest's manifests on a Kubernetes of this machine (root; 16 minutes, and a build); SCENARIO=regexp, REPEAT=n
	@echo "Testing internal/cluster"
	@cd internal/cluster && go mod tidy -diff && $(TOOL) golangci-lint run --allow-parallel-runners ./... && CGO_ENABLED=0 go test -timeout $(TIMEOUT) ./...
	@bin/cluster/cluster -root $(CURDIR) -scenario '$(SCENARIO)' -repeat $(REPEAT)

# The page of runtime_view is built from TypeScript, and what is built is committed: Node is needed to change it, never to use it.
PAGE := exporter/runtimeviewexporter/page
WITHOUT_NODE := there is no npm (Node 20 or later) to build the page of runtime_view from $(PAGE): https://nodejs.org

.PHONY: page
page: ## build the page of runtime_view into the files that are part of the program
	@command -v npm >/dev/null || { echo "Not built: $(WITHOUT_NODE)"; exit 1; }
	@cd $(PAGE) && npm ci --silent && npm run --silent types && npm run --silent build

.PHONY: page-check
page-check: ## check that the built page is that of its sources
	@if ! command -v npm >/dev/null; then echo "Left out: $(WITHOUT_NODE)"; exit; fi; \
		echo "Checking the page of runtime_view"; \
		dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; cd $(PAGE); npm ci --silent || { echo "Left out: npm cannot install what builds the page of runtime_view"; exit; }; \
		npm run --silent types; npm run --silent build -- "$$dir"; \
		diff -r "$$dir" ../internal/page/assets >/dev/null || { echo "The built page is stale: make page, and commit it."; exit 1; }

WITHOUT_CHROMIUM := there is no Chromium to open the page of runtime_view in: apt-get install chromium

.PHONY: page-test
page-test: build ## open the page of runtime_view in Chromium, on the quickstart and on hostile spans (a minute); pictures in bin/page/
	@if ! command -v npm >/dev/null; then echo "Left out: $(WITHOUT_NODE)"; exit; fi; \
		if ! command -v chromium chromium-browser google-chrome >/dev/null; then echo "Left out: $(WITHOUT_CHROMIUM)"; exit; fi; \
		echo "Testing the page of runtime_view"; cd $(PAGE) && npm ci --silent && npm test --silent

.PHONY: page-pictures
page-pictures: build ## take the pictures of the page that documents show: docs/page.png, docs/page-dark.png (a minute)
	@command -v npm >/dev/null || { echo "Not taken: $(WITHOUT_NODE)"; exit 1; }; \
		command -v chromium chromium-browser google-chrome >/dev/null || { echo "Not taken: $(WITHOUT_CHROMIUM)"; exit 1; }; \
		cd $(PAGE) && npm ci --silent && npm run --silent pictures

.PHONY: cross
cross: ## compile everything for other platforms: PLATFORMS="linux/arm64 darwin/arm64 windows/amd64" (some minutes)
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; export CGO_ENABLED=0; for platform in $(PLATFORMS); do \
		echo "Building for $$platform"; export GOOS=$${platform%/*} GOARCH=$${platform#*/}; \
		go build -trimpath -ldflags="-s -w" -o "$$dir/" ./cmd/...; \
		(cd dist && go build -trimpath -tags grpcnotrace -ldflags="-s -w" -o "$$dir/" .); \
	done

##@ Release it

.PHONY: install-test
install-test: ## install every program from a module proxy, as users would once this is published (some minutes)
	@cd internal/release && go test -count=1 -timeout $(TIMEOUT) -v -run 'TestInstall|TestBuilder' . -install

.PHONY: snapshot
snapshot: ## make the archives of a release in bin/release/ (some minutes); publishes nothing, makes no image
	@$(GORELEASER) release --snapshot --clean --skip=docker$$(command -v syft >/dev/null || echo ,sbom)

##@ Change it

.PHONY: headers
headers: ## give Go files that somebody wrote the header that says their licence
	@git ls-files -co --exclude-standard '*.go' | xargs $(ADDLICENSE)

.PHONY: headers-check
headers-check: ## check that Go files have that header
	@echo "Checking licence headers"
	@git ls-files -co --exclude-standard '*.go' | xargs $(ADDLICENSE) -check || { echo "These files say no licence: make headers"; exit 1; }

# The crate is built where Go and Git do not look, with one job, as reference/ is.
CRATE := rust/task-fields/Cargo.toml
CARGO := CARGO_BUILD_JOBS=$${CARGO_BUILD_JOBS:-1} CARGO_TARGET_DIR=$(CURDIR)/bin/rust nice -n 10 cargo

.PHONY: rust
rust: ## check the Rust crate in rust/: format, clippy, tests, what its package holds (some minutes the first time)
	@if ! command -v cargo >/dev/null; then echo "Left out: there is no cargo to format, lint and test rust/task-fields."; exit; fi; \
		echo "Checking rust/task-fields"; \
		cargo fmt --check --manifest-path $(CRATE); \
		$(CARGO) clippy --quiet --locked --all-targets --manifest-path $(CRATE) -- -D warnings; \
		$(CARGO) test --quiet --locked --manifest-path $(CRATE); \
		$(CARGO) test --quiet --locked --features tokio --manifest-path $(CRATE); \
		$(CARGO) package --quiet --locked --list --allow-dirty --manifest-path $(CRATE) >/dev/null

# A fuzzer of Go spends up to a minute on making one input smaller, whether it fails or is only new: -fuzzminimizetime 1x leaves the time
# to the fuzzing. A failing input is kept in testdata/fuzz of its package, where go test plays it from then on.
.PHONY: fuzz
fuzz: ## fuzz every Fuzz function for FUZZTIME each (20s); FUZZ=regexp selects
	@bad= none=1; for file in $$(git ls-files -co --exclude-standard '*_test.go' | xargs grep -lE '^func Fuzz' | sort); do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' $$file | { grep -E -- '$(FUZZ)' || true; }); do \
			none=; echo "Fuzzing $$name in $$(dirname $$file) for $(FUZZTIME)"; \
			go test ./$$(dirname $$file) -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x || bad="$$bad $$(dirname $$file):$$name"; \
		done; \
	done; [ -z "$$none" ] || { echo "FUZZ: \"$(FUZZ)\" is the name of no Fuzz function"; exit 1; }; \
	[ -z "$$bad" ] || { echo "Failed:$$bad"; exit 1; }

##@ Measure it

.PHONY: delivery
delivery: build ## play loads from idle to far too much, and interrupt 80 runs: nothing may be lost (20 minutes)
	@go test ./internal/e2e -count 1 -timeout $(TIMEOUT) -v -run 'TestNothingLostByDefault|TestQuickstartAtAnyRate|TestInterrupts' -slow | \
		awk '/_test.go|--- FAIL|Error|^(ok|FAIL|panic)/'

.PHONY: bench
bench: ## run every benchmark; BENCH=regexp selects, COUNT=n repeats
	@go test -run '^$$' -bench '$(BENCH)' -count $(COUNT) $(PACKAGES) | awk '/^(pkg|Benchmark|---|FAIL|panic)/'
	@$(MAKE) bench-processor

.PHONY: bench-processor
bench-processor: ## the processor beside contrib's attributes processor, which writes as many attributes
	@cd internal/comparison && go test -run '^$$' -bench '$(BENCH)' -count $(COUNT) . | awk '/^(pkg|Benchmark|---|FAIL|panic)/'

.PHONY: quality
quality: ## hold the findings of runtime_stats against services whose trouble is known; rewrites docs/findings.md
	@go test ./internal/quality -run TestQuality -count 1 -v -update | awk '/^ *\||^ *## |^(ok|FAIL)|Error/'

# The services of reference/, built where Go and Git do not look. One job: a crate takes a CPU for seconds, and others may need it.
REFERENCE := bin/reference
RUN := .
REAL := go run ./internal/reality/real -services $(REFERENCE)/release -run '$(RUN)'
REAL_QUOTA := $(REAL) -limited -config config/sidecar-threads.yaml
WITHOUT_CARGO := Left out: there is no cargo to build the Rust services of reference/. go test ./internal/reality judges captures of them.

.PHONY: load-limit
load-limit: build pipelinetest ## 50,000 spans a second through load_verify for five minutes, and how far it goes (15 minutes); RATE=n
	@code=0; bin/pipelinetest --collector $(BINARY) --rate $(RATE) --duration 5m --signals traces --json bin/load.json || code=$$?; \
		bin/pipelinetest --collector $(BINARY) --find-limit --slo p99=1s --rate $(RATE) --signals traces --json bin/load-limit.json || code=$$?; exit $$code

.PHONY: real
real: build ## run real Rust services whose faults are known beside the sidecar (5 minutes and a build); RUN=regexp selects
	@if command -v cargo >/dev/null; then $(MAKE) reference; $(REAL) $(if $(KEEP),-keep $(KEEP)) $(if $(DOCUMENT),-document $(DOCUMENT)); else echo "$(WITHOUT_CARGO)"; fi

.PHONY: real-captures
real-captures: build ## take a capture of each of these services into reference/captures/
	@if command -v cargo >/dev/null; then $(MAKE) reference; $(REAL) -captures reference/captures; else echo "$(WITHOUT_CARGO)"; fi

.PHONY: real-quota
real-quota: build ## run real Rust services under a real CPU quota beside the sidecar (7 minutes and a build); RUN=regexp selects
	@if command -v cargo >/dev/null; then $(MAKE) reference; $(REAL_QUOTA) $(if $(KEEP),-keep $(KEEP)) $(if $(DOCUMENT),-document $(DOCUMENT)); else echo "$(WITHOUT_CARGO)"; fi

.PHONY: real-quota-captures
real-quota-captures: build ## take a capture of those that are not held out into reference/captures/limited/
	@if command -v cargo >/dev/null; then $(MAKE) reference; $(REAL_QUOTA) -captures reference/captures/limited; else echo "$(WITHOUT_CARGO)"; fi

.PHONY: reference
reference: # the services of reference/; the first time takes many minutes
	@echo "Building reference/ (the first time takes many minutes)"
	@CARGO_BUILD_JOBS=$${CARGO_BUILD_JOBS:-1} nice -n 10 cargo build --release --locked --quiet --manifest-path reference/Cargo.toml --target-dir $(REFERENCE)

.PHONY: calibrate
calibrate: ## measure what the runtimes' primitives cost on this machine, for the models: measured-<cpu>.yaml (ten minutes or more, and a build)
	@if ! command -v cargo >/dev/null; then echo "There is no cargo to build reference/primitives: https://rustup.rs"; exit 1; fi
	@echo "Building reference/primitives (the first time takes some minutes)"
	@cargo build --profile measure --locked --quiet --package primitives --manifest-path reference/Cargo.toml --target-dir $(REFERENCE)
	@$(MAKE) rig
	@go run ./internal/calibrate -primitives $(REFERENCE)/measure/primitives -rig $(RIG) $(if $(DEFAULT),-o internal/costfile/default.yaml -go scheduler/cost/default.go)

# The rig that plays plans on the real runtimes. Counters of Tokio that are not stable want a build of their own.
RIG := bin/rig/measure/rig
WITHOUT_RIG := Left out: there is no cargo to build the real runtimes in reference/rig.

.PHONY: rig
rig: # the real runtimes, to be measured; the first time takes minutes
	@echo "Building reference/rig (the first time takes minutes)"
	@RUSTFLAGS="--cfg tokio_unstable" CARGO_BUILD_JOBS=$${CARGO_BUILD_JOBS:-1} nice -n 10 cargo build --profile measure --locked --quiet \
		--manifest-path reference/Cargo.toml --package rig --target-dir bin/rig

.PHONY: fidelity
fidelity: ## hold the models against the real runtimes, on a machine that does nothing else (20 minutes and a build); COST=file. RUN=regexp: a part
	@if ! command -v cargo >/dev/null; then echo "$(WITHOUT_RIG)"; exit; fi; \
		$(MAKE) rig; go build -o bin/fidelity ./internal/fidelity; \
		if [ '$(RUN)' = . ]; then bin/fidelity -rig $(RIG) $(if $(COST),-cost $(COST)) -document docs/fidelity.md -runtimes docs/runtimes.md; $(MAKE) fidelity-plots; \
		else bin/fidelity -rig $(RIG) -run '$(RUN)' $(if $(COST),-cost $(COST)) -measured bin/fidelity-part.json.gz -rows bin/fidelity-part-rows.json; fi

.PHONY: fidelity-judge
fidelity-judge: ## hold changed models or COST=file against what make fidelity has measured (a minute); HELD_OUT=false while costs are fitted
	@go run ./internal/fidelity -judge -run '$(RUN)' $(if $(COST),-cost $(COST)) -held-out=$(or $(HELD_OUT),true) $(if $(DOCUMENT),-document $(DOCUMENT) -runtimes docs/runtimes.md)

.PHONY: fidelity-quota
fidelity-quota: ## hold the models under a CPU quota against the real runtimes: as root, on a machine that does nothing else (half an hour and a build); COST=file. RUN=regexp: a part
	@if ! command -v cargo >/dev/null; then echo "$(WITHOUT_RIG)"; exit; fi; \
		$(MAKE) rig; go build -o bin/fidelity ./internal/fidelity; \
		bin/fidelity -quota -rig $(RIG) -repeats 3 -run '$(RUN)' $(if $(COST),-cost $(COST)) \
			$(if $(filter .,$(RUN)),-measured bin/quota.json.gz -document docs/quota.md,-measured bin/quota-part.json.gz)

.PHONY: fidelity-quota-judge
fidelity-quota-judge: ## hold changed models or COST=file against what make fidelity-quota has measured (a minute)
	@go run ./internal/fidelity -quota -judge -measured bin/quota.json.gz -run '$(RUN)' $(if $(COST),-cost $(COST)) -held-out=$(or $(HELD_OUT),true) $(if $(DOCUMENT),-document $(DOCUMENT))

.PHONY: fidelity-plots
fidelity-plots: # the plots of docs/fidelity.md, of the rows that were judged last
	@cd internal/fidelity/plot && go run . -rows $(CURDIR)/bin/fidelity-rows.json -dir $(CURDIR)/docs

.PHONY: order
order: ## play 700 random programs on each real runtime, and 100 on two workers: polls must be in the order of the models (10 minutes and a build)
	@if ! command -v cargo >/dev/null; then echo "$(WITHOUT_RIG)"; exit; fi; \
		$(MAKE) rig; go test ./internal/fidelity/order -count 1 -v -parallel 6 -timeout $(TIMEOUT) -rig $(CURDIR)/$(RIG) # most programs sleep most of the time

.PHONY: documents
documents: build ## run every code block of every document, and rewrite what runtimesim prints in them (2 minutes)
	@go test ./internal/e2e -run TestDocument -count 1 -slow -update | awk '/documents|Error|Messages|^(ok|FAIL|panic)/'

.PHONY: sidecar-cost
sidecar-cost: build ## measure the sidecar with and without runtime_stats, at 0 to 50,000 spans a second (6 minutes)
	@go run ./internal/sidecarcost

.PHONY: scale
scale: build pipelinetest ## measure what a span costs generators, gateways and verifiers, by how many there are (4 minutes each REPEAT=n); DOCUMENT=docs/scale.md
	@go run ./internal/scale -repeat $(REPEAT) $(if $(DOCUMENT),-document $(DOCUMENT))

.PHONY: mutants
mutants: ## remove each rule of the models in turn and see its test fail (some minutes)
	@go test ./scheduler/tokio ./scheduler/asyncexecutor ./scheduler/blocking ./scheduler/host -run TestRules -mutants -timeout 60m

##@ Change it

.PHONY: lint
lint: headers-check ## run the linters
	@echo "Linting"
	@$(TOOL) golangci-lint run --allow-parallel-runners $(PACKAGES)

.PHONY: generate
generate: ## regenerate component code, tables of names and dist/
	@go generate $(PACKAGES)
	@for config in builder-config.yaml builder-config.gateway.yaml; do \
		go tool builder --config $$config --skip-compilation 2>&1 | awk '/ERROR|Error|error/ {print; bad=1} END {exit bad}'; done

# What is generated and committed. The check regenerates it and compares; it leaves the fresh files to be committed.
GENERATED := $(foreach dir,dist dist-gateway,$(dir)/components.go $(dir)/main.go $(dir)/main_others.go $(dir)/main_windows.go $(dir)/go.mod $(dir)/go.sum) go.mod go.sum \
	internal/comparison/go.mod internal/comparison/go.sum

.PHONY: generated
generated: ## check that everything generated is fresh
	@echo "Checking generated files"
	@sums() { { ls -1 $(GENERATED); git ls-files -co --exclude-standard '*generated_*' '*documentation.md' '*README.md' 'docs/*.md' 'semconv/registry/*' '*/schema.json'; } | sort -u | xargs sha256sum; }; \
		before=$$(sums); $(MAKE) generate; go mod tidy; (cd internal/comparison && go mod tidy); after=$$(sums); \
		diff <(echo "$$before") <(echo "$$after") || { echo "Generated files were stale. They are fresh now: commit them."; exit 1; }

.PHONY: validate
validate: build pipelinetest ## validate every file in config/
	@for f in $$(find config -name '*.yaml' -not -path 'config/pipeline-test/*' -not -path 'config/pipeline-mutants/*' -not -path 'config/sidecar-outage/*' -not -path 'config/atlas/*' -not -path 'config/kubernetes/*' | sort); do echo "Validating $$f"; $(BINARY) validate --config $$f; done
	@bin/pipelinetest --collector $(BINARY) --list config/pipeline-test config/pipeline-mutants config/sidecar-outage >/dev/null
	@for f in config/kubernetes/*.yaml; do echo "Rendering $$f"; bin/pipelinetest kubernetes $$f >/dev/null || exit 1; done

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin/release
	@rm -f $(BINARY) bin/runtimesim bin/pipelinetest bin/otlpload bin/pipeline-test.* bin/pipeline-mutants.* bin/sidecar-outage.json $(GATEWAY) bin/atlas.json bin/load.json bin/load-limit.json bin/scale.json
