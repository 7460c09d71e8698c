#!/usr/bin/env bash
# The whole test run, in stages, cheapest first. Stops at the first stage that fails.
# Ends with each stage's time and its runner's own last words.
set -euo pipefail
cd "$(dirname "$0")/.."

root="$PWD"
target="${CARGO_TARGET_DIR:-$root/target}"
logs="$target/test-logs"
mkdir -p "$logs"
rm -f "$logs"/*.log
names=()
seconds=()

# stage NAME COMMAND...: runs the command and keeps what it prints.
stage() {
  local name="$1" started="$SECONDS"
  shift
  echo
  echo "=== $name"
  if ! "$@" 2>&1 | tee "$logs/$name.log"; then
    echo
    echo "=== $name failed; what it printed is in $logs/$name.log" >&2
    exit 1
  fi
  names+=("$name")
  seconds+=("$((SECONDS - started))")
}

# The last words of each runner, without their colours.
last_words() {
  sed 's/\x1b\[[0-9;]*m//g' "$logs"/{web,rust,contract,browser}.log |
    grep -E '^ *(Summary \[|test result: .* [1-9][0-9]* passed|Tests +[0-9]+ passed|[0-9]+ (passed|flaky|skipped))' || true
}

summary() {
  echo
  echo "=== all stages passed"
  local i
  for i in "${!names[@]}"; do
    printf '%-10s %5d s\n' "${names[$i]}" "${seconds[$i]}"
  done
  printf '%-10s %5d s\n' total "$SECONDS"
  echo
  last_words
  grep -hE '[0-9]+ generated' "$logs/contract.log" | sed 's/^ */schemathesis: /'
  # A failed test has ended the run before this line.
  local passed
  passed="$(last_words | grep -oE '[0-9]+ passed' | awk '{ sum += $1 } END { print sum + 0 }')"
  echo
  echo "tests: $passed passed, 0 failed"
  ((passed > 0)) || { echo "no test ran" >&2; exit 1; }
}

stage check scripts/check.sh
stage web npm --prefix web test
stage rust scripts/with-postgres.sh scripts/cargo-test.sh
stage binary cargo build --bin dangol
stage contract scripts/contract.sh
stage browser env DANGOL_BIN="$target/debug/dangol" npm --prefix web run e2e
summary
