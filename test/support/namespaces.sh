# shellcheck shell=bash
# The namespaces of a test engine, held by one process that does nothing: the "keeper", pid 1 in there.
# Sourced by `engine`; DIR is the engine's folder, HERE this one.

# The start time of a process: with its pid a name that the kernel does not give twice.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # words are wanted: the fields after the name, which may hold blanks itself
  set -- ${stat##*) }
  echo "${20}"
}

# The keeper's pid, if it is the very process that was started for DIR.
keeper() {
  local pid since
  read -r pid since 2>/dev/null <"$DIR/keeper" || return 1
  [ "$(started_at "$pid")" = "$since" ] || return 1
  echo "$pid"
}

make_namespaces() {
  local outer pid try
  rm -f "$DIR/ready"
  setsid unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private \
    bash "$HERE/keeper.sh" "$DIR" >"$DIR/log" 2>&1 </dev/null &
  outer=$!
  for ((try = 0; try < 100; try++)); do
    [ ! -e "$DIR/ready" ] || break
    kill -0 "$outer" 2>/dev/null || break
    sleep 0.05
  done
  if [ ! -e "$DIR/ready" ]; then
    echo 'namespaces of their own are refused here:' >&2
    cat "$DIR/log" >&2
    return 1
  fi
  # `unshare` stays outside and waits for its only child, the keeper.
  read -r pid _ <"/proc/$outer/task/$outer/children" || true # no newline at its end
  echo "$pid $(started_at "$pid")" >"$DIR/keeper"
  readlink "/proc/$pid/ns/pid" >"$DIR/namespace"
}

# Runs a command in the namespaces, in the caller's directory; as it is when the caller is in there.
in_namespaces() {
  local pid
  if [ "$(readlink /proc/self/ns/pid)" = "$(cat "$DIR/namespace" 2>/dev/null)" ]; then
    "$@"
    return
  fi
  pid=$(keeper) || {
    echo "no engine is up in $DIR" >&2
    return 1
  }
  nsenter --target "$pid" --mount --net --pid -- env --chdir="$PWD" "$@"
}

# detached LOG COMMAND…: leaves it running in the namespaces, as a child of the keeper.
detached() {
  # shellcheck disable=SC2016 # meant for the inner shell
  in_namespaces bash -c 'log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null &' detached "$@"
}

remove_all() {
  local pid try
  # The watcher would see for itself, but a second later; it may be this very process.
  if read -r pid 2>/dev/null <"$DIR/watcher" && [ "$pid" != $$ ]; then kill "$pid" 2>/dev/null || true; fi
  if pid=$(keeper); then
    kill -KILL "$pid"
    for ((try = 0; try < 200; try++)); do
      [ -d "/proc/$pid" ] || break
      sleep 0.05
    done
  fi
  # cgroups outlive their processes, and are the host's own.
  find /sys/fs/cgroup -maxdepth 2 -type d -name "$(basename "$DIR")" 2>/dev/null | while IFS= read -r group; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  # The mounts vanish with the last process of their namespace, a moment after the keeper.
  for ((try = 0; try < 100; try++)); do
    rm -rf "$DIR" 2>/dev/null && return
    sleep 0.1
  done
  rm -rf "$DIR"
}
