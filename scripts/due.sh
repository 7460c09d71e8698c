#!/usr/bin/env bash
# Measures very many schedules that are due in the same second, and compares the books with the gateway's journal:
#     scripts/due.sh [ON_SQLITE] [ON_POSTGRESQL]
# 100,000 and 20,000 unless told otherwise. Expects the release binary (`make build`).
# PostgreSQL flushes to disk here, as in the bench.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
cargo build --release --quiet -p dangol-harness --bin due

echo "$(uname -sm), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)"
DANGOL_TEST_POSTGRES_FSYNC=on DANGOL_BIN="${DANGOL_BIN:-$target/release/dangol}" \
  scripts/with-postgres.sh "$target/release/due" "$@"
