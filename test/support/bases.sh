#!/usr/bin/env bash
# Makes the bases that the Dockerfile's arguments name, in the engine of DIR, from what this machine has: no registry.
#   atoll-test/go-base:1    busybox, this machine's Go, the agent's modules, and what Go has compiled before
#   atoll-test/npm-base:1   busybox, the Node of node_modules, npm, and a cache with all packages of the lockfile
#   atoll-test/node-base:1  that Node and the libraries it is linked to, and nothing else
#   atoll-test/engine:1     this machine's Docker engine, to run in a privileged container as docker:dind does
# What takes long is kept in the cache folder from run to run.
set -euo pipefail
DIR=$1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../bin/lib/common.sh
. "$HERE/../../bin/lib/common.sh"
# shellcheck source=../../bin/lib/busybox-tree.sh
. "$HERE/../../bin/lib/busybox-tree.sh"
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/atoll-test
WORK=$(mktemp -d "$DIR/bases-XXXXXX")
trap 'rm -rf "$WORK"' EXIT

import() { # import NAME INSTRUCTION…: a tar on stdin becomes atoll-test/NAME:1
  local name=$1 changes=()
  shift
  for instruction in "$@"; do changes+=(--change "$instruction"); done
  DOCKER_HOST=unix://$DIR/docker.sock docker import "${changes[@]}" - "atoll-test/$name:1" >/dev/null
}

# with_libraries PROGRAM TREE: what a dynamically linked program needs to start, where it looks for it.
with_libraries() {
  local library
  # A static one has none.
  { ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || true; } | while IFS= read -r library; do
    mkdir -p "$2/$(dirname "$library")"
    cp -L "$library" "$2/$library"
  done
}

go_base() {
  local tree=$WORK/go root cache
  root=$(cd "$ROOT/agent" && go env GOROOT)
  cache=$CACHE/go-build-$(cd "$ROOT/agent" && go env GOVERSION)
  busybox_tree "$tree"
  mkdir -p "$tree/usr/local/go" "$tree/go-cache" "$tree/go-proxy/golang.org"
  with_libraries "$root/bin/go" "$tree"
  # As in the Dockerfile, so that the one in the image finds nearly everything compiled.
  (
    cd "$ROOT/agent"
    GOCACHE=$cache CGO_ENABLED=0 GOOS=linux GOARCH=$1 GOFLAGS='' nice go build -buildvcs=false -trimpath -ldflags '-s -w' -o "$WORK/agent" .
    go mod download
  )
  cp -a "$cache/." "$tree/go-cache"
  # Nothing is said about versions there are: the agent's go.sum names what it needs.
  cp -aL "$(go env GOMODCACHE)/cache/download/golang.org/x" "$tree/go-proxy/golang.org/"
  tar -C "$root" -h --exclude='*_test.go' --exclude=testdata --exclude=./src/cmd --exclude=./test --exclude=./doc \
    --exclude=./api --exclude=./misc -cf - . | tar -C "$tree/usr/local/go" -xf -
  tar -C "$tree" --numeric-owner -cf - . |
    import go-base 'ENV PATH=/usr/local/go/bin:/bin' 'ENV HOME=/root GOCACHE=/go-cache GOPROXY=file:///go-proxy GOTOOLCHAIN=local'
}

npm_base() {
  local tree=$WORK/npm home cache registry
  cache=$CACHE/npm-$(sha256sum "$ROOT/package-lock.json" | cut -c1-16)
  home=$(npm_home)
  registry=$(npm config get registry)
  filled_npm_cache "$cache"
  busybox_tree "$tree"
  node_in "$tree"
  mkdir -p "$tree/usr/local/lib/node_modules" "$tree/npm-cache"
  cp -a "$home" "$tree/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
  mkdir -p "$tree/usr/bin"
  ln -s ../../bin/env "$tree/usr/bin/env"
  cp -a "$cache/_cacache" "$tree/npm-cache/"
  tar -C "$tree" --numeric-owner -cf - . | import npm-base 'ENV PATH=/usr/local/bin:/bin' \
    "ENV HOME=/root npm_config_cache=/npm-cache npm_config_offline=true npm_config_update_notifier=false npm_config_registry=$registry"
}

# Where a whole npm lies: that of bin/test where the machine's own is old (bin/lib/build.sh).
npm_home() {
  local home
  for home in "$ROOT/.cache/npm/node_modules/npm" "$(dirname "$(dirname "$(readlink -f "$(type -P npm)")")")"; do
    [ -d "$home/node_modules/pacote" ] || continue
    echo "$home"
    return
  done
  echo 'there is no npm with all that belongs to it' >&2
  return 1
}

# filled_npm_cache CACHE: from npm's own, which has them since `npm ci` ran here; what is missing is fetched.
filled_npm_cache() {
  local try=$WORK/packages
  exec 9>"$CACHE/npm-lock"
  flock 9
  if [ ! -e "$1/whole" ]; then
    node "$HERE/npm-cache.mjs" "$(npm config get cache)" "$1" "$ROOT/package-lock.json"
    mkdir "$try"
    cp "$ROOT"/{package.json,package-lock.json,.npmrc} "$try"
    (cd "$try" && nice npm ci --prefer-offline --cache "$1" --omit=optional --ignore-scripts --no-audit --no-fund) >"$WORK/npm.log" 2>&1 || {
      tail -n 20 "$WORK/npm.log" >&2
      return 1
    }
  fi
  touch "$1/whole" "$1"
  exec 9>&-
}

node_base() {
  node_in "$WORK/node"
  mkdir -p "$WORK/node/etc" "$WORK/node/tmp"
  chmod 1777 "$WORK/node/tmp"
  tar -C "$WORK/node" --numeric-owner -cf - . | import node-base 'ENV PATH=/usr/local/bin'
}

engine_base() {
  local tree=$WORK/engine program plugins
  busybox_tree "$tree"
  mkdir -p "$tree/usr/sbin" "$tree/run" "$tree/var/lib"
  ln -s ../run "$tree/var/run"
  for program in dockerd docker-proxy docker-init containerd containerd-shim-runc-v2 runc iptables ip6tables; do
    cp -L "$(type -P "$program")" "$tree/usr/sbin/$program"
    with_libraries "$tree/usr/sbin/$program" "$tree"
  done
  for plugins in /usr/lib/*/xtables; do
    mkdir -p "$tree$plugins"
    cp "$plugins"/*.so "$tree$plugins"
  done
  tar -C "$tree" --numeric-owner -cf - . | import engine 'ENV PATH=/usr/sbin:/bin'
}

node_in() {
  local node
  node=$(readlink -f "$ROOT/node_modules/.bin/node")
  mkdir -p "$1/usr/local/bin"
  cp "$node" "$1/usr/local/bin/node"
  with_libraries "$node" "$1"
}

mkdir -p "$CACHE"
# Those of lockfiles and toolchains that are long gone.
find "$CACHE" -maxdepth 1 \( -name 'npm-*' -o -name 'go-build-*' \) -type d -mtime +14 -exec rm -rf {} +
go_base "$(dpkg --print-architecture)"
npm_base
node_base
engine_base
