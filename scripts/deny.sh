#!/usr/bin/env bash
# Licences, banned crates and sources of every dependency, by the rules of deny.toml.
# Without --install a missing cargo-deny is not an error: building it takes minutes,
# and crates/tidy holds the bans and sources in every test run anyway.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
  if [[ "${1:-}" != --install ]]; then
    echo "cargo-deny is not installed: licences were not checked (make deny installs it)"
    exit 0
  fi
  cargo install --locked cargo-deny
fi
# Advisories are left out here: they need a database from the network.
cargo deny --all-features check --hide-inclusion-graph bans licenses sources
