#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL server beside it:
#     scripts/with-postgres.sh cargo test -p dangol-store
# The command finds the server in DANGOL_TEST_POSTGRES_URL. Where that is set already, the
# server it names is used and none is started. The server keeps nothing: do not use it for data.
set -euo pipefail

[[ $# -gt 0 ]] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 2; }
[[ -z "${DANGOL_TEST_POSTGRES_URL:-}" ]] || exec "$@"

# The folder with initdb and pg_ctl: the newest version that Debian keeps, else what PATH knows.
find_programs() {
  local dir
  for dir in $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV) \
    "$(pg_config --bindir 2>/dev/null || true)" \
    "$(dirname "$(command -v initdb || true)")"; do
    [[ -x "$dir/initdb" && -x "$dir/pg_ctl" ]] && { echo "$dir"; return 0; }
  done
  return 1
}

if ! programs="$(find_programs)"; then
  {
    echo "The tests need a PostgreSQL server, and its initdb was not found."
    echo "On Debian or Ubuntu:  sudo apt-get install postgresql"
    echo "Or set DANGOL_TEST_POSTGRES_URL to a server where tests may make schemas."
  } >&2
  exit 1
fi

# PostgreSQL refuses to run as root; then somebody without rights runs it.
as_owner=()
owner="$(id -un)"
if [[ "$(id -u)" == 0 ]]; then
  owner=nobody
  id -u postgres >/dev/null 2>&1 && owner=postgres
  if command -v setpriv >/dev/null; then
    as_owner=(setpriv "--reuid=$owner" "--regid=$(id -g "$owner")" --clear-groups)
  elif command -v runuser >/dev/null; then
    as_owner=(runuser -u "$owner" --)
  else
    echo "PostgreSQL does not run as root, and neither setpriv nor runuser is here." >&2
    exit 1
  fi
fi

# In /tmp whatever TMPDIR says: a socket's path may have 107 characters only.
dir="$(mktemp -d /tmp/dangol-pg.XXXXXX)"
[[ ${#as_owner[@]} == 0 ]] || chown "$owner" "$dir"

# Two signals and an error may all end here: once is enough.
stop() {
  trap - EXIT INT TERM HUP
  (cd "$dir" && "${as_owner[@]}" "$programs/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1) || true
  rm -rf "$dir"
}
trap stop EXIT
trap 'stop; exit 130' INT TERM HUP

quietly() {
  (cd "$dir" && "${as_owner[@]}" "$@" >"$dir/log" 2>&1) ||
    { echo "$1 failed:" >&2; cat "$dir/log" "$dir/server.log" >&2 2>/dev/null || true; exit 1; }
}

quietly "$programs/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
# Nothing here must survive, so nothing is flushed, except to measure. A socket only: no port to collide on.
flush="${DANGOL_TEST_POSTGRES_FSYNC:-off}"
quietly "$programs/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 start -o "\
 -c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=400\
 -c fsync=$flush -c full_page_writes=$flush -c timezone=UTC"

export DANGOL_TEST_POSTGRES_URL="postgresql://postgres@${dir//\//%2F}/postgres"
"$@"
