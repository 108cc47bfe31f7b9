# shellcheck shell=bash
# What bin/doctor looks at, apart from the engine. Sourced by it: good, note, missing, DATA.

# Measured: packages and builds take 0.6 GB, the build itself 0.7 GB of memory.
DISK_WANTED_MB=2048
MEMORY_NEEDED_MB=512
MEMORY_WANTED_MB=1536
# The default of ATOLL_MIN_FREE_DISK.
DISK_NEEDED_MB=256

check_system() {
  local name=''
  [ "$(uname -s)" = Linux ] || {
    missing "Linux: this is $(uname -s)" 'Atoll runs on Linux. Elsewhere run it in a virtual machine, or see docs/deployment.md.'
    return
  }
  # shellcheck disable=SC1091 # of the machine
  [ ! -r /etc/os-release ] || name=$(. /etc/os-release && printf ' (%s)' "${PRETTY_NAME:-}")
  case $(uname -m) in
    x86_64 | aarch64 | arm64) good "Linux on $(uname -m)$name" ;;
    *) missing "x86-64 or arm64: this is $(uname -m)" 'There is no agent for it: take a machine of one of these.' ;;
  esac
}

check_rights() {
  if can_install; then
    good 'root, with apt-get: bin/up installs what is missing here'
  elif [ "$(id -u)" = 0 ]; then
    good 'root, without apt-get: what is missing is for you to install'
  else
    good "$(id -un), not root: what is missing is for you to install"
  fi
}

# lacks COMMAND PACKAGE: bin/up installs it, or somebody has to.
lacks() {
  if can_install; then
    good "$1: not here, bin/up installs it ($2)"
  else
    missing "$1" "Install it: it is in the package $2 of Debian and Ubuntu."
  fi
}

check_programs() {
  local command package here=()
  while read -r command package; do
    if have "$command"; then here+=("$command"); else lacks "$command" "$package"; fi
  done <<'TEXT'
curl curl
flock util-linux
setsid util-linux
sha256sum coreutils
awk mawk
tar tar
TEXT
  [ ${#here[@]} -eq 0 ] || good "programs: ${here[*]}"
}

check_node() {
  local node npm
  # Those of the machine, which bring the ones that the service runs on.
  node=$(PATH=${PATH//"$ROOT/node_modules/.bin:"/} type -P node) || {
    lacks node nodejs
    return
  }
  npm=$(PATH=${PATH//"$ROOT/node_modules/.bin:"/} type -P npm) || {
    lacks npm npm
    return
  }
  good "Node $("$node" --version) with npm $("$npm" --version) (npm ci brings the Node that the service runs on)"
}

check_go() {
  if [ -x "$AGENT_DIR/atoll-agent-linux-$(machine_arch 2>/dev/null || true)" ] && ! go_here; then
    good 'Go: not here; the agent is built already'
  elif go_here; then
    good "Go: $GO"
  elif can_install; then
    good "Go: not here, bin/up installs $GO_MINIMUM or newer where Debian has it, else builds in a container of $GO_IMAGE"
  elif [ -n "${ENGINE_REACHED:-}" ]; then
    note "Go $GO_MINIMUM or newer: not here" "bin/up builds the agent in a container of $GO_IMAGE, which the engine has to pull; or install Go (https://go.dev/doc/install)."
  else
    missing "Go $GO_MINIMUM or newer" 'Install it (https://go.dev/doc/install): the agent inside each sandbox is built with it.'
  fi
}

check_memory() {
  local free
  free=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024))
  if ((free < MEMORY_NEEDED_MB)); then
    missing "memory: $free MB are free" "The service and its build need $MEMORY_NEEDED_MB MB, and each sandbox what it is given: end something, or take a larger machine."
  elif ((free < MEMORY_WANTED_MB)); then
    note "memory: $free MB are free" "A sandbox may use 1024 MB unless it asks for less (ATOLL_DEFAULT_MEMORY)."
  else
    good "memory: $free MB are free"
  fi
}

# The free MB where a path lies, or would.
free_mb() {
  local path=$1
  until [ -d "$path" ]; do path=$(dirname "$path"); done
  df -Pk "$path" | awk 'NR == 2 { print int($4 / 1024) }'
}

check_disk() {
  local free place
  for place in "$ROOT" "$DATA"; do
    free=$(free_mb "$place")
    if ((free < DISK_NEEDED_MB)); then
      missing "disk: $free MB are free at $place" "At least $DISK_NEEDED_MB MB, better $DISK_WANTED_MB: make room, or name another place by ATOLL_DATA_DIR."
    elif ((free < DISK_WANTED_MB)); then
      note "disk: $free MB are free at $place" "Packages, builds, output and images take more than $DISK_WANTED_MB MB before long."
    else
      good "disk: $free MB are free at $place"
    fi
    [ "$DATA" != "$ROOT/.atoll" ] || break
  done
}

check_data_directory() {
  local path=$DATA kind
  until [ -d "$path" ]; do path=$(dirname "$path"); done
  if [ ! -w "$path" ]; then
    missing "the data directory $DATA can not be written by $(id -un)" 'Name another by ATOLL_DATA_DIR, or give it to this user: chown.'
    return
  fi
  kind=$(stat -f -c %T "$path")
  case $kind in
    nfs* | cifs | smb* | fuse* | 9p | v9fs)
      note "the data directory $DATA lies on $kind" 'Sockets and locks need a local file system: name another by ATOLL_DATA_DIR.'
      ;;
    *) good "the data directory $DATA ($kind)" ;;
  esac
}

check_ports() {
  local pid='' port=${PORT:-8080} metrics=${ATOLL_METRICS_PORT:-9464}
  if pid=$(service_pid 2>/dev/null); then
    good "ports: the service runs already (pid $pid, port $(service_variable "$pid" PORT))"
    return
  fi
  if listens "${HOST:-127.0.0.1}" "$port"; then
    missing "port $port: another program listens there" "End it, or choose another: bin/up --port $((port + 1))"
  else
    good "port $port is free"
  fi
  if [ "$metrics" = 0 ]; then return; fi
  if listens "${ATOLL_METRICS_HOST:-127.0.0.1}" "$metrics"; then
    note "port $metrics, for metrics: another program listens there" 'The service works, but serves no metrics: choose another by ATOLL_METRICS_PORT, or 0 for none.'
  else
    good "port $metrics, for metrics, is free"
  fi
}

# bin/test installs what it needs; but some of its parts want what only root may do.
check_tests() {
  [ "$(id -u)" = 0 ] || note 'bin/test: agent, contract and e2e start an engine of their own, which needs root' \
    'sudo bin/test; or the parts without it: bin/test format lint types arch sizes shell go unit openapi'
}
