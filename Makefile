.PHONY: test check tools dashboard dashboard-check screenshots lint rust-lint format widths unit docs rustdoc book layers deny model fuzz openapi fields \
	php recipes dist dist-test

# Everything: what continuous integration runs.
test: tools dashboard-check lint recipes docs layers deny php
	cargo test --workspace
	$(MAKE) model
	$(MAKE) fuzz

# Programs of Python packages, below target/packaging: what builds packages, and what checks them.
PACKAGING = target/packaging
$(PACKAGING)/%.installed: packaging/%/requirements.txt
	python3 -m venv $(PACKAGING)
	$(PACKAGING)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --requirement $<
	touch $@

# What to run before every commit. It needs Rust with its C compiler, and nothing else.
check: rust-lint rustdoc layers unit

# What the tests need besides Rust and Node.
tools:
	tests/install-tools

# The dashboard, from its sources. The server embeds what is in its folder `dist`.
DASHBOARD = crates/server/dashboard
dashboard: $(DASHBOARD)/node_modules/.installed
	cd $(DASHBOARD) && npm run build

# Fails if the committed files are not what the sources build.
dashboard-check: $(DASHBOARD)/node_modules/.installed
	cd $(DASHBOARD) && npm run build -- --outDir $(CURDIR)/target/dashboard --emptyOutDir
	@diff --recursive --brief $(DASHBOARD)/dist target/dashboard \
		|| { echo 'the files of the dashboard are not current: `make dashboard` builds them'; exit 1; }

# The pictures in docs/images, of a server with traffic. The charts begin at its start, so it runs for some minutes.
screenshots: tools
	cargo build
	cd tests/clients/node && CLAIRON_BIN=$(CURDIR)/target/debug/clairon node screenshots/take.js

# What the lock file names. `npm ci` demands an optional dependency of vite that registries may lack.
$(DASHBOARD)/node_modules/.installed: $(DASHBOARD)/package-lock.json
	cd $(DASHBOARD) && npm install --ignore-scripts --no-audit --no-fund --loglevel=error
	@git diff --exit-code --stat -- $(DASHBOARD)/package-lock.json
	touch $@

lint: rust-lint
	cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target -- -D warnings

rust-lint: format widths
	cargo clippy --workspace --all-targets -- -D warnings

format:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check

# rustfmt wraps code at 120 columns, and comments on a nightly toolchain only.
widths:
	@! LC_ALL=C.UTF-8 git grep --untracked --line-number --extended-regexp -e '^.{121,}' --and -e '^[[:space:]]*//' -- '*.rs' \
		|| { echo 'comments are wrapped at 120 columns'; exit 1; }

# Test targets that need other programs (databases, Redis, PHP, client libraries) or minutes. All others run in
# `make check`, with a PATH on which no program is found: a new target that needs one fails there until it is named here.
END_TO_END = $(addprefix clairon/tests/,apps clients cluster conformance operation tools webhooks)
NEED_PROGRAMS = $(END_TO_END) cluster/tests/redis import/tests/databases laravel/tests/laravel_env registry/tests/databases
TEST_TARGETS = $(patsubst crates/%.rs,%,$(wildcard crates/*/tests/*.rs)) \
	$(patsubst crates/%/main.rs,%,$(wildcard crates/*/tests/*/main.rs))

unit:
	@gone='$(filter-out $(TEST_TARGETS),$(NEED_PROGRAMS))'; test -z "$$gone" || { echo "no such tests: $$gone"; exit 1; }
	cargo test --workspace --config "target.'cfg(all())'.runner = ['env', 'PATH=/nonexistent']" --lib --bins \
		$(addprefix --test ,$(notdir $(filter-out $(NEED_PROGRAMS),$(TEST_TARGETS))))

docs: rustdoc book

rustdoc:
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

# The documentation as a site, in target/book. Links within it are checked, also to headings.
book: $(PACKAGING)/test.installed
	$(PACKAGING)/bin/mdbook build docs
	$(PACKAGING)/bin/lychee --offline --no-progress --include-fragments --root-dir $(CURDIR)/target/book target/book \
		--exclude-path target/book/print.html

# The description of the admin API, as the code has it. A test fails when it is old.
openapi:
	RENEW_OPENAPI=1 cargo test --package clairon-admin --lib the_file_in_docs_is_current

# What is written from the table of app fields. A test fails when it is old.
fields: openapi
	RENEW_FIELDS=1 cargo test --package clairon-cli --lib what_is_written_from_the_table_is_current

# The outbox under every interleaving of its tasks. The flag would rebuild everything else, hence a folder of its own.
model:
	RUSTFLAGS='--cfg loom' cargo test --package clairon-hub --test model --release --target-dir target/loom

# Each fuzz target for so many seconds. What was found before is where it goes on from; what fails is kept beside it.
SECONDS = 20
FUZZ_TARGETS = decode command http_signature env_file proxy_header
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
# What cargo-fuzz asks of a nightly compiler, in terms of a stable one. --target keeps it out of build scripts.
COVERAGE = -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1

fuzz:
	RUSTFLAGS='$(COVERAGE)' cargo build --manifest-path fuzz/Cargo.toml --release --target $(HOST) --target-dir target/fuzz
	@$(MAKE) --no-print-directory --jobs $$(nproc) $(addprefix fuzz-,$(FUZZ_TARGETS))

fuzz-%:
	@mkdir -p target/fuzz/corpus/$* target/fuzz/failed/$*
	@seeds=$$(ls -d fuzz/seeds/$* 2>/dev/null); log=target/fuzz/$*.log; \
	target/fuzz/$(HOST)/release/$* -max_total_time=$(SECONDS) -timeout=300 -report_slow_units=300 -print_funcs=0 \
		-artifact_prefix=target/fuzz/failed/$*/ target/fuzz/corpus/$* $$seeds >$$log 2>&1 \
		|| { tail -n 60 $$log; exit 1; }; \
	echo "$*: $$(grep DONE $$log)"

# Licences and sources of dependencies. Advisories need their database, which is fetched from GitHub.
deny: export PATH := $(CURDIR)/target/tools/bin:$(PATH)
deny:
	cargo deny check --hide-inclusion-graph bans licenses sources
	@if GIT_TERMINAL_PROMPT=0 timeout 120 cargo deny fetch db; then \
		cargo deny check --hide-inclusion-graph advisories; \
	else \
		echo 'NOT CHECKED: advisories, because their database cannot be fetched'; \
	fi

# The Composer package: syntax, style, tests.
php:
	find packaging/laravel -name '*.php' -print0 | xargs -0 --max-args 1 php -l >/dev/null
	cd packaging/laravel && phpcs --standard=PSR12 --warning-severity=1 config src tests && phpunit

# What is written for other programs: workflows, the Dockerfile, compose files, manifests, shell scripts, units.
recipes: $(PACKAGING)/test.installed
	packaging/test/recipes

# The packages of this machine's platform, in dist/.
dist: $(PACKAGING)/dist.installed
	python3 packaging/dist

# Installs each of them and uses it. It needs root.
dist-test: tools $(PACKAGING)/test.installed
	packaging/test/run

# The protocol and the hub stand on their own: no runtime, no web framework, no database. Only the command line knows the
# admin API, so nothing else waits for it to be compiled.
layers:
	@for crate in clairon-protocol clairon-hub; do \
		tree=$$(cargo tree --package $$crate --edges normal --prefix none) || exit 1; \
		if found=$$(echo "$$tree" | grep -E '^(tokio|axum|sqlx)[a-z-]* v'); then \
			echo "$$crate must not depend on:"; echo "$$found"; exit 1; \
		fi; \
	done
	@users=$$(cargo tree --workspace --invert clairon-admin --edges normal --depth 1 --prefix none) || exit 1; \
	if found=$$(echo "$$users" | grep -vE '^clairon-(admin|cli) v'); then \
		echo "only clairon-cli may depend on clairon-admin, not:"; echo "$$found"; exit 1; \
	fi
