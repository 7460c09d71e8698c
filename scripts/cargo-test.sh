#!/usr/bin/env bash
# Runs the Rust tests of the workspace with cargo-nextest where it is installed,
# else with cargo's own runner. Arguments go to cargo, for example: -p dangol-store
set -euo pipefail
cd "$(dirname "$0")/.."

scope=("$@")
((${#scope[@]})) || scope=(--workspace)
locked=()
[[ -n "${CI:-}" ]] && locked=(--locked)

if cargo nextest --version >/dev/null 2>&1; then
  profile=default
  [[ -n "${CI:-}" ]] && profile=ci
  # nextest does not run the examples in doc comments.
  cargo test "${locked[@]}" --doc --quiet "${scope[@]}"
  cargo nextest run "${locked[@]}" --profile "$profile" "${scope[@]}"
else
  cargo test "${locked[@]}" --no-fail-fast "${scope[@]}"
fi
