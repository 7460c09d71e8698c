#!/usr/bin/env bash
# Measures the release binary on this machine. `make bench` builds it first.
# PostgreSQL flushes to disk here, unlike in the tests: durable charges are what is measured.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
cargo build --release --quiet -p dangol-harness --bin bench

echo "$(uname -sm), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)"
printf '%-28s%12s\n' "SDK, bytes with gzip -9" "$(gzip -9 -c web/dist/sdk/iamport.js | wc -c)"
DANGOL_TEST_POSTGRES_FSYNC=on DANGOL_BIN="${DANGOL_BIN:-$target/release/dangol}" \
  scripts/with-postgres.sh "$target/release/bench" "$@"
