#!/usr/bin/env bash
# Starts a PostgreSQL in the namespaces of the engine in DIR, on their 127.0.0.1:5432, and prints its URL.
# It ends with the namespaces; nothing of it is kept, so it need not wait for disks.
set -euo pipefail
DIR=$1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DATA=$DIR/postgres

bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || {
  echo 'PostgreSQL is not here (apt-get install postgresql)' >&2
  exit 1
}

# The server refuses to run as root.
install -d -m 0700 -o postgres -g postgres "$DATA"
cd /
runuser -u postgres -- "$bin/initdb" -D "$DATA" --auth trust --encoding UTF8 --no-locale --no-sync -U postgres \
  >"$DIR/postgres.log" 2>&1 || {
  cat "$DIR/postgres.log" >&2
  exit 1
}
"$HERE/engine" detach "$DIR" "$DIR/postgres.log" \
  runuser -u postgres -- "$bin/postgres" -D "$DATA" -c listen_addresses=127.0.0.1 -c port=5432 \
  -c "unix_socket_directories=$DATA" -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200

for ((try = 0; try < 200; try++)); do
  if runuser -u postgres -- "$bin/pg_isready" -q -h "$DATA" -p 5432; then
    runuser -u postgres -- "$bin/createdb" -h "$DATA" -p 5432 -U postgres atoll
    echo 'postgres://postgres@127.0.0.1:5432/atoll'
    exit 0
  fi
  sleep 0.1
done
echo 'PostgreSQL does not answer:' >&2
tail -n 20 "$DIR/postgres.log" >&2
exit 1
