# shellcheck shell=bash
# Node's packages, the agent and the service: made when their sources are newer than what is there.
# Sourced after common.sh and packages.sh.

GO_MINIMUM=1.24
NPM_VERSION=11.19.1
AGENT_DIR=$ROOT/dist-agent

machine_arch() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) die "There is no agent for $(uname -m): x86-64 and arm64 are supported." ;;
  esac
}

node_packages() {
  locked npm install_node_packages
  node_runs node || die 'The Node of node_modules does not run on this machine.'
}

install_node_packages() (
  # By the machine's own Node and npm: those of node_modules may be half there.
  # shellcheck disable=SC2030 # only here
  PATH=${PATH//"$ROOT/node_modules/.bin:"/}
  need npm nodejs npm
  need node nodejs
  packages_are_current >/dev/null && return
  npm_is_new_enough || newer_npm
  # No package of ours needs its install script.
  cd "$ROOT" || return
  long 'npm ci' logged .cache/npm.log npm ci --ignore-scripts --no-audit --no-fund ||
    die 'npm ci failed:' "$(tail -n 30 "$ROOT/.cache/npm.log")" \
      'It fetches packages from the registry that "npm config get registry" names: look whether that answers, and run this again.'
  packages_are_current || die 'npm ci said that it is done, but packages are missing: run this again.'
)

packages_are_current() { node "$ROOT/bin/lib/packages-current.mjs" "$ROOT"; }

# Older ones leave out optional packages that fit (npm/cli#4828), the test runner's own among them.
npm_is_new_enough() { at_least "$(npm --version)" 11 && at_least "$(node -p process.versions.node)" 20.19; }

# newer_npm: an old npm fetches a current one, and a Node that runs it.
newer_npm() {
  local home=$ROOT/.cache/npm node
  node=node-linux-$(node -p process.arch)
  if [ ! -x "$home/bin/npm" ]; then
    mkdir -p "$home/bin"
    long "npm install npm@$NPM_VERSION (this machine's is $(npm --version))" logged "$ROOT/.cache/npm.log" \
      npm install --prefix "$home" --ignore-scripts --no-audit --no-fund "npm@$NPM_VERSION" \
      "$node@$(node -p "require('$ROOT/package.json').optionalDependencies['$node']")" ||
      die 'npm could not fetch a newer npm:' "$(tail -n 30 "$ROOT/.cache/npm.log")"
    ln -sf "../node_modules/$node/bin/node" "$home/bin/node"
    node_runs "$home/bin/node" || die 'A current Node does not run on this machine.'
    # Last, because it says that all is there.
    ln -sf ../node_modules/npm/bin/npm-cli.js "$home/bin/npm"
  fi
  # shellcheck disable=SC2031 # and here, which is called from there
  PATH=$home/bin:$PATH
}

# The packaged Node is linked to a library that the smallest systems lack.
node_runs() { "$1" --version >/dev/null 2>&1 || { install_packages libatomic1 && "$1" --version >/dev/null; }; }

# build_service: dist, by `nest build`.
build_service() { locked build build_service_once; }

build_service_once() {
  local stamp
  stamp=$(hash_of src nest-cli.json tsconfig.json tsconfig.build.json package-lock.json)
  [ "$(cat "$ROOT/dist/.built-from" 2>/dev/null)" = "$stamp" ] && return
  # Beside the old one, which stays until the new one is whole: a service may run from it.
  rm -rf "$ROOT/dist-new" "$ROOT/dist-old"
  echo '{"extends":"../tsconfig.build.json","include":["../src"],"exclude":["../src/**/*.spec.ts"],
    "compilerOptions":{"rootDir":"../src","outDir":"../dist-new"}}' >"$ROOT/.cache/tsconfig.json"
  (cd "$ROOT" && long 'nest build' nest build --path .cache/tsconfig.json) || return 1
  echo "$stamp" >"$ROOT/dist-new/.built-from"
  [ ! -e "$ROOT/dist" ] || mv "$ROOT/dist" "$ROOT/dist-old"
  mv "$ROOT/dist-new" "$ROOT/dist"
  rm -rf "$ROOT/dist-old"
}

# build_agent: dist-agent/atoll-agent-linux-ARCH, static and stripped.
build_agent() { locked agent build_agent_once; }

build_agent_once() {
  local arch stamp target
  arch=$(machine_arch)
  target=$AGENT_DIR/atoll-agent-linux-$arch
  stamp=$(hash_of agent)
  [ -x "$target" ] && [ "$(cat "$AGENT_DIR/.built-from-$arch" 2>/dev/null)" = "$stamp" ] && return
  mkdir -p "$AGENT_DIR"
  if find_go; then
    long "go build (the agent for $arch)" go_build "$arch" "$stamp" "$target.new" || return 1
  elif declare -F build_agent_in_container >/dev/null; then
    build_agent_in_container "$arch" "$(agent_flags "$stamp")" "$target.new"
  else
    no_go
  fi
  mv "$target.new" "$target"
  echo "$stamp" >"$AGENT_DIR/.built-from-$arch"
}

go_build() { # go_build ARCH STAMP TARGET
  cd "$ROOT/agent" || return
  CGO_ENABLED=0 GOOS=linux GOARCH=$1 "$GO" build -trimpath -ldflags "$(agent_flags "$2")" -o "$3" .
}

agent_flags() { echo "-s -w -X main.build=$1"; }

# go_here: sets GO to one of this machine that is new enough.
go_here() {
  local candidate
  for candidate in "$(type -P go || true)" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
    if go_is_new_enough "$candidate"; then
      GO=$candidate
      return
    fi
  done
  return 1
}

# find_go: the same, installing Debian's where that is new enough.
find_go() {
  local package
  ! go_here || return 0
  can_install || return 1
  for package in golang-go golang-1.26-go golang-1.25-go golang-1.24-go; do
    package_is_new_enough "$package" || continue
    (install_packages "$package") || continue
    ! go_here || return 0
  done
  return 1
}

go_is_new_enough() {
  local version
  [ -x "$1" ] || return 1
  # In the agent's folder: a Go that may fetch the toolchain which go.mod asks for counts as that one.
  version=$(cd "$ROOT/agent" && "$1" env GOVERSION 2>/dev/null) || return 1
  at_least "${version#go}" "$GO_MINIMUM"
}

package_is_new_enough() {
  local version
  version=$(apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" { sub(/^[0-9]+:/, "", $2); print $2 }')
  [ -n "$version" ] && [ "$version" != '(none)' ] && at_least "${version%%[~+-]*}" "$GO_MINIMUM"
}

at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

no_go() {
  die "Go $GO_MINIMUM or newer is missing: the agent inside each sandbox is built with it." \
    'Install it (https://go.dev/doc/install, or on Debian and Ubuntu a package golang-1.24 or newer, from backports too)' \
    'so that go is in PATH or in /usr/local/go/bin, and run this again.'
}
