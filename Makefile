.PHONY: test tools lint format docs layers model

# Everything: what continuous integration runs.
test: tools lint docs layers
	cargo build
	cargo test --workspace
	$(MAKE) model

# What the tests need besides Rust and Node.
tools:
	tests/install-tools

lint: format
	cargo clippy --workspace --all-targets -- -D warnings

format:
	cargo fmt --all --check

docs:
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

# The outbox under every interleaving of its tasks. The flag would rebuild everything else, hence a folder of its own.
model:
	RUSTFLAGS='--cfg loom' cargo test --package clairon-hub --test model --release --target-dir target/loom

# The protocol and the hub stand on their own: no runtime, no web framework, no database.
layers:
	@for crate in clairon-protocol clairon-hub; do \
		tree=$$(cargo tree --package $$crate --edges normal --prefix none) || exit 1; \
		if found=$$(echo "$$tree" | grep -E '^(tokio|axum|sqlx)[a-z-]* v'); then \
			echo "$$crate must not depend on:"; echo "$$found"; exit 1; \
		fi; \
	done
