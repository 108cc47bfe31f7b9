# shellcheck shell=bash
# For what measures: a Docker engine of its own with one small image, and a program of ours beside it. Sourced.
# ATOLL_BENCH_ENGINE_DIR: an engine that is up (test/support/engine up DIR) is used, and left up.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=../../bin/lib/common.sh
. "$ROOT/bin/lib/common.sh"
# shellcheck source=../../bin/lib/packages.sh
. "$ROOT/bin/lib/packages.sh"
# shellcheck source=../../bin/lib/build.sh
. "$ROOT/bin/lib/build.sh"
# shellcheck source=../../bin/lib/busybox-tree.sh
. "$ROOT/bin/lib/busybox-tree.sh"

ENGINE=$ROOT/test/support/engine
# Sockets have at most 107 bytes for their path, and those of sandboxes lie some way below.
TMP=${TMPDIR:-/tmp}
[ ${#TMP} -le 24 ] || TMP=/tmp
HOOKS=$ROOT/test/contract/store/typescript-hooks.mjs

# What a run needs of bin/test's: no PostgreSQL, no Debian tree.
own_engine_needs() {
  need curl curl ca-certificates
  need ip iproute2
  need dockerd docker.io iptables
  need iptables iptables
  need containerd containerd
  need runc runc
  need_static_busybox
}

import_busybox() {
  rm -rf "$DIR/busybox"
  busybox_tree "$DIR/busybox"
  tar -C "$DIR/busybox" --numeric-owner -cf - . |
    curl -sS --fail-with-body -o /dev/null --unix-socket "$DIR/docker.sock" -X POST -T - \
      'http://engine/v1.40/images/create?fromSrc=-&repo=atoll-test/busybox&tag=1&changes=ENV%20PATH%3D/bin'
}

own_engine_clean_up() {
  local code=$?
  trap - EXIT INT TERM HUP
  [ -z "$JOB" ] || kill_tree TERM "$JOB"
  [ -z "$DIR" ] || [ -n "${ATOLL_BENCH_ENGINE_DIR:-}" ] || "$ENGINE" down "$DIR"
  exit "$code"
}

# on_own_engine PROGRAM ARGUMENT…: runs a program of ours, in TypeScript, in the engine's namespaces. Its --help needs nothing.
on_own_engine() {
  case " $* " in *' --help '* | *' -h '*)
    node --import "$HOOKS" "$1" --help
    return
    ;;
  esac
  [ "$(id -u)" = 0 ] || die 'This starts a Docker engine of its own, and that needs root.'
  cd "$ROOT" || exit
  node_packages
  own_engine_needs
  build_service
  build_agent
  DIR='' JOB=''
  trap own_engine_clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ -n "${ATOLL_BENCH_ENGINE_DIR:-}" ]; then
    DIR=$ATOLL_BENCH_ENGINE_DIR
  else
    DIR=$(mktemp -d "$TMP/atoll-bench-XXXXXX")
    ATOLL_TEST_OWNER=$$ "$ENGINE" up "$DIR"
  fi
  mkdir -p "$DIR/t"
  import_busybox
  # In the background, so that ^C and TERM are heard at once.
  "$ENGINE" run "$DIR" env TMPDIR="$DIR/t" ATOLL_BENCH_DOCKER_SOCKET="$DIR/docker.sock" node --import "$HOOKS" "$@" &
  JOB=$!
  wait "$JOB"
}
