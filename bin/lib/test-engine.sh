# shellcheck shell=bash
# The engine and the database of a run of bin/test, in a folder of this run. Sourced by bin/test.

ENGINE=$ROOT/test/support/engine
# Sockets have at most 107 bytes for their path, and those of sandboxes lie some way below.
TMP=${TMPDIR:-/tmp}
[ ${#TMP} -le 24 ] || TMP=/tmp

test_engine_needs() {
  [ "$(id -u)" = 0 ] || die 'contract and e2e start a Docker engine of their own, and that needs root:' \
    '  sudo bin/test' 'Without root, run the other parts:' '  bin/test format lint types arch sizes shell go unit openapi'
  need curl curl ca-certificates
  need ip iproute2
  need ps procps # dockerd runs it
  need dockerd docker.io iptables
  need iptables iptables
  need containerd containerd
  need runc runc
  need debootstrap debootstrap
  need docker-registry docker-registry
  need docker-compose docker-compose
  need openssl openssl # the certificate of a registry
  need_static_busybox
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || install_packages postgresql
}

# Runs that were killed by SIGKILL leave their folder, and perhaps more.
sweep_dead_runs() {
  local owner dir pid since
  for dir in "$TMP"/atoll-out-*; do
    pid=${dir##*/atoll-out-}
    [ -d "/proc/${pid%%-*}" ] || rm -rf "$dir"
  done
  [ "$(id -u)" = 0 ] || return 0
  for owner in "$TMP"/atoll-test-*/owner; do
    read -r pid since 2>/dev/null <"$owner" || continue
    [ "$(started_at "$pid")" != "$since" ] || continue
    dir=$(dirname "$owner")
    step "clearing what a dead run left in $dir"
    "$ENGINE" down "$dir"
  done
}

test_engine_start_in_background() {
  ENGINE_DIR=$(mktemp -d "$TMP/atoll-test-XXXXXX")
  echo "$$ $(started_at $$)" >"$ENGINE_DIR/owner"
  mkdir -m 1777 "$ENGINE_DIR/t"
  test_engine_prepare >"$OUT/engine-start.log" 2>&1 </dev/null &
  ENGINE_JOB=$!
  JOBS+=("$ENGINE_JOB")
}

test_engine_prepare() {
  PATH=$(dirname "$GO"):$PATH
  ATOLL_TEST_OWNER=$$ "$ENGINE" up "$ENGINE_DIR"
  "$ENGINE" images "$ENGINE_DIR"
  "$ENGINE" postgres "$ENGINE_DIR" >"$ENGINE_DIR/database-url"
  touch "$OUT/engine-ready"
}

# Runs in a job of bin/test, whose child the starting job is not: so it cannot `wait` for it.
test_engine_wait() {
  while [ ! -e "$OUT/engine-ready" ] && kill -0 "$ENGINE_JOB" 2>/dev/null; do sleep 0.1; done
  cat "$OUT/engine-start.log"
  [ -e "$OUT/engine-ready" ]
}

# in_test_engine COMMAND…: where published ports are on 127.0.0.1, with everything that tests need to know.
in_test_engine() {
  if [ ! -e "$OUT/engine-ready" ]; then
    say 'not run: there is no engine'
    return 1
  fi
  "$ENGINE" run "$ENGINE_DIR" env -u DOCKER_HOST -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH -u DATABASE_URL \
    -u ATOLL_API_KEY -u ATOLL_DATA_DIR -u HOST -u PORT \
    PATH="$(dirname "$GO"):$PATH" \
    TMPDIR="$ENGINE_DIR/t" \
    ATOLL_TEST_DOCKER_HOST="unix://$ENGINE_DIR/docker.sock" \
    ATOLL_TEST_DATABASE_URL="$(cat "$ENGINE_DIR/database-url")" \
    ATOLL_TEST_ENGINE_DIR="$ENGINE_DIR" \
    ATOLL_TEST_ENGINE_PID="$(cut -d' ' -f1 "$ENGINE_DIR/keeper")" \
    "$@"
}

test_engine_stop() { # test_engine_stop EXIT-CODE
  [ -n "$ENGINE_DIR" ] || return 0
  if [ "$1" != 0 ] && [ -n "${ATOLL_TEST_KEEP:-}" ]; then
    mkdir -p "$ROOT/.cache/last-failure"
    cp "$ENGINE_DIR"/*.log "$ENGINE_DIR/log" "$OUT"/*.log "$ROOT/.cache/last-failure/" 2>/dev/null || true
    say "logs are kept in $ROOT/.cache/last-failure"
  fi
  "$ENGINE" down "$ENGINE_DIR"
}
