# shellcheck shell=bash
# Finds a Docker engine, or starts one in the data directory. Sourced by bin/up, which sets DATA.
# What is ours lies in $DATA/engine; what a running one needs (sockets, pid) in its run folder.

find_engine() {
  if [ -n "${DOCKER_HOST:-}" ]; then
    engine_answers || die "DOCKER_HOST names $DOCKER_HOST, but no engine answers there." \
      'Start that engine, or unset DOCKER_HOST: bin/up then looks for one.'
    say "  DOCKER_HOST: $DOCKER_HOST"
    return
  fi
  # One that an earlier run started holds our sandboxes: it comes first.
  if [ -d "$DATA/engine/data" ]; then
    start_engine
  elif ! usual_socket; then
    install_engine
    start_engine
  fi
  export DOCKER_HOST
}

usual_sockets() {
  printf '%s\n' /var/run/docker.sock /run/docker.sock "/run/user/$(id -u)/docker.sock" \
    "$HOME/.docker/run/docker.sock" "$HOME/.docker/desktop/docker.sock"
}

usual_socket() {
  local socket locked=''
  while IFS= read -r socket; do
    [ -S "$socket" ] || continue
    DOCKER_HOST=unix://$socket
    if engine_answers; then
      say "  found: $socket"
      return
    fi
    [ -w "$socket" ] || locked=$socket
  done < <(usual_sockets)
  unset DOCKER_HOST
  [ -z "$locked" ] || [ "$(id -u)" = 0 ] || die "There is an engine at $locked, but $(id -un) may not use it." \
    "Join its group (sudo usermod -aG docker $(id -un), then log in again), or run this as root."
  return 1
}

install_engine() {
  have dockerd && have iptables && return
  can_install || die 'No Docker engine answers: neither DOCKER_HOST nor one of the usual sockets.' \
    'Start Docker, or install it (https://docs.docker.com/engine/install/), or run this as root on Debian or Ubuntu,' \
    'where it installs and starts one in the data directory.'
  have dockerd || install_packages docker.io
  have iptables || install_packages iptables
}

# A name of this data directory's own.
engine_name() { echo "atoll-$(printf '%s' "$DATA" | sha256sum | cut -c1-12)"; }

# The path of a unix socket has at most 107 bytes, and containerd's lie some way below the run folder.
engine_run_folder() {
  RUN=$DATA/engine/run
  [ ${#RUN} -le 60 ] || {
    RUN=/tmp/$(engine_name)
    [ ! -w /run ] || RUN=/run/$(engine_name)
  }
  (umask 077 && mkdir -p "$RUN")
  # In /tmp anybody could have been there first.
  [ -O "$RUN" ] || die "$RUN belongs to somebody else."
}

engine_pid() { # prints the pid of our dockerd, if it runs
  local pid
  read -r pid 2>/dev/null <"$RUN/docker.pid" || [ -n "${pid:-}" ] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$DATA/engine/data" || return 1
  echo "$pid"
}

start_engine() {
  local job log=$DATA/engine/log
  mkdir -p "$DATA/engine"
  engine_run_folder
  DOCKER_HOST=unix://$RUN/docker.sock
  if engine_pid >/dev/null && engine_answers; then
    say "  running since an earlier bin/up: $RUN/docker.sock"
    return
  fi
  install_engine
  [ "$(id -u)" = 0 ] || die "The engine in $DATA/engine does not run, and starting it needs root."
  forget_dead_engine
  echo '{}' >"$DATA/engine/daemon.json"
  env -u DOCKER_HOST -u NOTIFY_SOCKET setsid dockerd --config-file "$DATA/engine/daemon.json" \
    --data-root "$DATA/engine/data" --exec-root "$RUN/exec" --pidfile "$RUN/docker.pid" -H "$DOCKER_HOST" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$(engine_name)" \
    >>"$log" 2>&1 </dev/null 5>&- &
  job=$!
  if long dockerd await_engine "$job"; then
    say "  started: $RUN/docker.sock (log: $log)"
    return
  fi
  die "dockerd does not start here. The end of $log:" "$(tail -n 15 "$log")" \
    'In a container it needs to be a privileged one; or name an engine elsewhere by DOCKER_HOST.'
}

# await_engine JOB: at most a minute. After a crash it first ends the containers that it left, for some ten seconds.
await_engine() {
  local try
  for ((try = 0; try < 600; try++)); do
    if engine_answers; then return; fi
    running "$1" || return 1
    sleep 0.1
  done
  return 1
}

# What a killed dockerd leaves: it would wait for a containerd that only seems to be there.
forget_dead_engine() {
  local pid
  rm -f "$RUN/docker.pid" "$RUN/docker.sock"
  pid=$(cat "$RUN/exec/containerd/containerd.pid" 2>/dev/null) || return 0
  running "$pid" || rm -f "$RUN/exec/containerd/containerd.pid"
}

# What an engine leaves that did not end in peace: running containers, mounts, sockets.
clear_leftovers() {
  local group pid mount
  find /sys/fs/cgroup -maxdepth 2 -type d -name "$(engine_name)" 2>/dev/null | while IFS= read -r group; do
    find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | while IFS= read -r pid; do
      kill -KILL "$pid" 2>/dev/null || true
    done
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  # The kernel writes blanks in paths as \040, which %b reads.
  awk '{ print $5 }' /proc/self/mountinfo | tac | while IFS= read -r mount; do
    mount=$(printf '%b' "$mount")
    case $mount in "$DATA"/engine/* | "$RUN"/*) umount -l "$mount" || true ;; esac
  done
  rm -rf "$RUN"
}

stop_engine() {
  local pid try
  [ -d "$DATA/engine" ] || return 0
  engine_run_folder
  if ! pid=$(engine_pid); then
    say 'No engine of ours runs.'
    [ "$(id -u)" != 0 ] || clear_leftovers
    return
  fi
  # Its containers are stopped by it, ours cleanly by their agent.
  kill -TERM "$pid"
  for ((try = 0; try < 300; try++)); do
    if ! running "$pid"; then
      clear_leftovers
      say "The engine is stopped (pid $pid); sandboxes and images stay in $DATA/engine."
      return
    fi
    sleep 0.1
  done
  die "The engine (pid $pid) does not end; see $DATA/engine/log."
}
