#!/usr/bin/env bash
# Calls nobody would think of, against the real program in a sandbox: schemathesis makes them from /openapi.json, and
# every answer must be one that is described there, and none a fault of ours.
# CASES is how many it makes up for each operation in one of its phases (30: some 3,600 calls in half a minute).
# usage: scripts/contract.sh [CASES]
set -euo pipefail
cd "$(dirname "$0")/.."

# Not in one line with export, which would hide that it is not here.
SCHEMATHESIS="${SCHEMATHESIS:-$(scripts/install-test-tools.sh --schemathesis)}"
export SCHEMATHESIS
cargo run --quiet -p dangol-harness --bin contract -- "${1:-30}"
