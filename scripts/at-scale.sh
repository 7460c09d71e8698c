#!/usr/bin/env bash
# Measures the store with very many payments, on both engines, in throw-away databases:
#     scripts/at-scale.sh [COUNT] [IN_90_DAYS] [FOLDER]
# 10,000,000 payments, 100,000 of them in each 90 days, and the system's temporary folder (for SQLite) unless told
# otherwise. Needs about 1.3 kB of disk for each payment and engine, and a few minutes for each million.
# PostgreSQL flushes to disk here: durable charges are part of what is measured.
set -euo pipefail
cd "$(dirname "$0")/.."

count="${1:-10000000}"
in_window="${2:-100000}"
folder="$(mktemp -d "${3:-${TMPDIR:-/tmp}}/dangol-at-scale.XXXXXX")"
trap 'rm -rf "$folder"' EXIT

target="${CARGO_TARGET_DIR:-$PWD/target}"
cargo build --release --quiet -p dangol-store --example at_scale
export AT_SCALE="$target/release/examples/at_scale"

# measure TARGET COUNT IN_90_DAYS
measure() {
  "$AT_SCALE" "$1" fill "$2" "$3"
  "$AT_SCALE" "$1" reads
  "$AT_SCALE" "$1" charges
}

echo "$(uname -sm), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)"
measure "$folder/scale.db" "$count" "$in_window"
export -f measure
DANGOL_TEST_POSTGRES_FSYNC=on scripts/with-postgres.sh \
  bash -c 'set -euo pipefail; measure "$DANGOL_TEST_POSTGRES_URL" "$@"' measure "$count" "$in_window"
