#!/usr/bin/env bash
# Sees to it that the programs which the tests start are here: a Chromium for the
# browser tests, and a PostgreSQL server for the half of the tests that runs on it.
# Installs what is missing where it may (root, apt), else says what to install.
set -euo pipefail

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

missing=()
have_chromium || missing+=(chromium)
have_postgres || missing+=(postgresql)
((${#missing[@]} == 0)) && exit 0

if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
  {
    echo "The tests need these, and they are not here: ${missing[*]}"
    echo "On Debian or Ubuntu:  sudo apt-get install ${missing[*]}"
    echo "Elsewhere: set CHROMIUM_PATH to a Chromium, and either put PostgreSQL's initdb"
    echo "on PATH or set DANGOL_TEST_POSTGRES_URL to a server where databases can be made."
  } >&2
  exit 1
fi

echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${missing[@]}"

have_chromium || { echo "chromium was installed, but ${CHROMIUM_PATH:-/usr/bin/chromium} is not there" >&2; exit 1; }
have_postgres || { echo "postgresql was installed, but its initdb was not found" >&2; exit 1; }
