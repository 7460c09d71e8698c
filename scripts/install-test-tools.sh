#!/usr/bin/env bash
# Sees to it that the programs which the tests start are here: a Chromium for the
# browser tests, a PostgreSQL server for the half of the tests that runs on it, and
# schemathesis for the contract, in a Python environment of its own under target/.
# Installs what is missing where it may (root, apt), else says what to install.
# With --schemathesis it only says where that program is.
set -euo pipefail
cd "$(dirname "$0")/.."

pins=scripts/schemathesis.txt
version="$(sed -n 's/^schemathesis==//p' "$pins")"
python="${CARGO_TARGET_DIR:-$PWD/target}/schemathesis-$version"
if [[ "${1:-}" == --schemathesis ]]; then
  [[ -x "$python/bin/schemathesis" ]] || { echo "schemathesis is not here: run make tools" >&2; exit 1; }
  echo "$python/bin/schemathesis"
  exit 0
fi

have_chromium() {
  [[ -x "${CHROMIUM_PATH:-/usr/bin/chromium}" ]]
}

have_postgres() {
  # A server from elsewhere is as good as one that we start.
  [[ -n "${DANGOL_TEST_POSTGRES_URL:-}" ]] && return 0
  command -v initdb >/dev/null && return 0
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return 0
  command -v pg_config >/dev/null && [[ -x "$(pg_config --bindir)/initdb" ]]
}

have_venv() {
  [[ -n "${SCHEMATHESIS:-}" || -x "$python/bin/schemathesis" ]] && return 0
  python3 -c 'import ensurepip, venv' 2>/dev/null
}

install_schemathesis() {
  [[ -n "${SCHEMATHESIS:-}" || -x "$python/bin/schemathesis" ]] && return 0
  echo "installing: schemathesis $version into $python"
  # Whole or not at all: a run that was cut off leaves nothing that looks installed.
  rm -rf "$python"
  mkdir -p "$(dirname "$python")"
  python3 -m venv "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check -r "$pins" || { rm -rf "$python"; exit 1; }
}

missing=()
have_chromium || missing+=(chromium)
have_postgres || missing+=(postgresql)
have_venv || missing+=(python3-venv)
((${#missing[@]} == 0)) && { install_schemathesis; exit 0; }

if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
  {
    echo "The tests need these, and they are not here: ${missing[*]}"
    echo "On Debian or Ubuntu:  sudo apt-get install ${missing[*]}"
    echo "Elsewhere: set CHROMIUM_PATH to a Chromium, and either put PostgreSQL's initdb"
    echo "on PATH or set DANGOL_TEST_POSTGRES_URL to a server where databases can be made;"
    echo "SCHEMATHESIS is the path of a schemathesis $version that is here already."
  } >&2
  exit 1
fi

echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${missing[@]}"

have_chromium || { echo "chromium was installed, but ${CHROMIUM_PATH:-/usr/bin/chromium} is not there" >&2; exit 1; }
have_postgres || { echo "postgresql was installed, but its initdb was not found" >&2; exit 1; }
install_schemathesis
