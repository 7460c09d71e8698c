#!/usr/bin/env bash
# Formatting, lints and types. Expects web/dist to be built (`make check` does).
set -euo pipefail
cd "$(dirname "$0")/.."

locked=()
[[ -n "${CI:-}" ]] && locked=(--locked)

cargo fmt --all --check
cargo clippy --workspace --all-targets "${locked[@]}" -- -D warnings
npm --prefix web run check
scripts/deny.sh
