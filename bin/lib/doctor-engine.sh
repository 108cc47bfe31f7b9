# shellcheck shell=bash
# What bin/doctor looks at about the engine. Sourced by it: good, note, missing, DATA. Sets ENGINE_REACHED where one answers.

# The oldest that is tested with.
ENGINE_MINIMUM=20.10

check_engine() {
  local socket
  have curl || {
    note 'engine: it can not be asked without curl' 'Install curl, and run this again.'
    return
  }
  if [ -n "${DOCKER_HOST:-}" ]; then
    if engine_answers; then
      about_engine "$DOCKER_HOST"
    else
      missing "an engine at DOCKER_HOST=$DOCKER_HOST" 'Start that engine, or unset DOCKER_HOST: bin/up then looks for one.'
    fi
    return
  fi
  if [ -d "$DATA/engine/data" ]; then
    check_own_engine
    return
  fi
  while IFS= read -r socket; do
    [ -S "$socket" ] || continue
    DOCKER_HOST=unix://$socket
    if engine_answers; then
      about_engine "$socket"
      return
    elif [ ! -w "$socket" ]; then
      missing "the right to use the engine at $socket" "Join its group, then log in again: sudo usermod -aG docker $(id -un)"
      unset DOCKER_HOST
      return
    fi
  done < <(usual_sockets)
  unset DOCKER_HOST
  no_engine
}

# One that bin/up started.
check_own_engine() {
  # Without making the folder, as engine_run_folder would.
  local socket
  for socket in "$DATA/engine/run/docker.sock" "/run/$(engine_name)/docker.sock" "/tmp/$(engine_name)/docker.sock"; do
    DOCKER_HOST=unix://$socket
    if [ -S "$socket" ] && engine_answers; then
      about_engine "$socket"
      return
    fi
  done
  unset DOCKER_HOST
  if [ "$(id -u)" = 0 ]; then
    good "an engine of its own in $DATA/engine, which bin/up starts again"
  else
    missing "the engine in $DATA/engine does not run" 'Starting it needs root: sudo bin/up'
  fi
}

no_engine() {
  if have dockerd && have iptables && [ "$(id -u)" = 0 ]; then
    good 'engine: none runs; bin/up starts one in the data directory'
    kernel_is_fit
  elif can_install; then
    good 'engine: none is here; bin/up installs docker.io and iptables and starts one in the data directory'
    kernel_is_fit
  else
    missing 'a Docker engine: neither DOCKER_HOST nor one of the usual sockets' \
      'Start Docker, or install it (https://docs.docker.com/engine/install/); on Debian or Ubuntu bin/up does both as root.'
  fi
}

# What an engine would need that is not there to be asked.
kernel_is_fit() {
  local controller lacking=''
  for controller in memory cpu pids; do
    has_controller "$controller" || lacking+="${lacking:+, }$controller"
  done
  if [ -z "$lacking" ]; then
    good "cgroups: memory, cpu, pids ($([ -e /sys/fs/cgroup/cgroup.controllers ] && echo v2 || echo v1))"
  else
    missing "cgroup controllers: $lacking" 'Limits of sandboxes would not hold: enable them (kernel parameters cgroup_enable=memory swapaccount=1), or take another machine.'
  fi
  if grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null; then return; fi
  note 'overlay: this kernel does not have it' 'The engine then copies whole images for each sandbox, which is slow and takes much disk.'
}

has_controller() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    grep -qw "$1" /sys/fs/cgroup/cgroup.controllers
  else
    awk -v name="$1" '$1 == name && $4 == 1 { found = 1 } END { exit !found }' /proc/cgroups
  fi
}

about_engine() {
  local info version
  # shellcheck disable=SC2034 # check_go asks
  ENGINE_REACHED=1
  info=$(engine_curl /info -f --max-time 20 2>/dev/null) || {
    missing "an engine at $1 that says what it is" 'It answers a ping, but not more: look at its log, or restart it.'
    return
  }
  version=$(json_text "$info" ServerVersion)
  if at_least "${version%%[+~-]*}" "$ENGINE_MINIMUM"; then
    good "engine $version at $1 (cgroup v$(json_text "$info" CgroupVersion 1), $(json_text "$info" Driver))"
  else
    note "engine $version at $1" "Atoll is tested with $ENGINE_MINIMUM and newer: take a current one."
  fi
  [ "$(json_text "$info" OSType linux)" = linux ] || missing 'an engine with Linux containers' 'Switch it to Linux containers.'
  check_limits "$info"
  [[ $info == *name=seccomp* ]] || note 'seccomp: this engine does not have it' 'Sandboxes are fenced less tightly (docs/security.md): take a kernel and an engine with seccomp.'
}

# What the kernel does not enforce, the engine drops without a word.
check_limits() {
  local pair lacking=''
  for pair in MemoryLimit:memory SwapLimit:swap CpuCfsQuota:CPU PidsLimit:processes; do
    [ "$(json_text "$1" "${pair%%:*}")" = true ] || lacking+="${lacking:+, }${pair##*:}"
  done
  if [ -z "$lacking" ]; then
    good 'limits on memory, swap, CPU and processes hold'
  elif [ "$lacking" = swap ]; then
    note 'limits on swap do not hold here' 'A sandbox may swap: boot with swapaccount=1, or without swap.'
  else
    missing "limits on $lacking" 'The kernel does not enforce them: sandboxes could take all. Enable these cgroup controllers (on cgroup v2 give the engine systemd as its cgroup driver, or delegate them), or take another machine.'
  fi
}

# json_text JSON KEY [DEFAULT]: a plain value of an object, without a JSON reader: Node may not be here yet.
json_text() {
  local value
  value=$(grep -oE "\"$2\":(\"[^\"]*\"|[a-z0-9.]+)" <<<"$1" | head -n 1) || true
  value=${value#*:}
  value=${value//\"/}
  printf '%s' "${value:-${3:-}}"
}
