# shellcheck shell=bash
# The service as a process of its own: its key, start, health, stop. Sourced by bin/up, which sets DATA, HOST, PORT.

START_SECONDS=20

# Sets KEY, and ATOLL_API_KEY for the service: the one given, else one that is made once and kept.
api_key() {
  local file=$DATA/api-key
  KEY=${ATOLL_API_KEY:-}
  if [ -z "$KEY" ]; then
    if [ ! -s "$file" ]; then
      (
        umask 077
        head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$file.$$"
      )
      # A link never replaces a key that somebody else made meanwhile.
      ln "$file.$$" "$file" 2>/dev/null || [ -s "$file" ] || mv "$file.$$" "$file"
      rm -f "$file.$$"
    fi
    KEY=$(cat "$file")
  fi
  export ATOLL_API_KEY=$KEY
}

# Prints the pid of the service on this data directory, if service.pid names a process that is one.
service_pid() {
  local pid given
  read -r pid 2>/dev/null <"$DATA/service.pid" || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qE '(^|/)dist/main\.js$' || return 1
  # A pid comes round again: it could be the service of another data directory now.
  given=$(service_variable "$pid" ATOLL_DATA_DIR)
  [ -z "$given" ] || [ "$given" = "$DATA" ] || return 1
  echo "$pid"
}

service_variable() { tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | sed -n "s/^$2=//p"; }

# Sets URL from an address to listen on and a port.
set_url() {
  local host=$1
  case $host in
    '' | 0.0.0.0) host=127.0.0.1 ;;
    ::) host='[::1]' ;;
    *:*) host="[$host]" ;;
  esac
  URL=http://$host:$2
}

# health: prints the body of GET /v1/health, and is true when it says healthy.
health() { curl -sS -f --noproxy '*' --max-time 10 "$URL/v1/health" 2>/dev/null; }

start_service() {
  local pid port
  if pid=$(service_pid); then
    port=$(service_variable "$pid" PORT)
    port=${port:-8080}
    set_url "$(service_variable "$pid" HOST)" "$port"
    [ -n "$PORT" ] || PORT=$port
    if [ "$(cat "$DATA/service.build" 2>/dev/null)" != "$(built_from)" ]; then
      say '  the one that runs is older than the sources: starting it anew (sandboxes and commands go on)'
      stop_service
    elif health >/dev/null; then
      say "  running already: pid $pid, $URL"
      [ "$port" = "$PORT" ] || say "  (not on port $PORT: bin/up --stop first, to move it)"
      return
    else
      say "  pid $pid does not say that it is healthy: starting it anew"
      stop_service
    fi
  fi
  export PORT=${PORT:-8080}
  set_url "${HOST:-}" "$PORT"
  ! listens "${HOST:-}" "$PORT" || die "Port $PORT is in use by another program." "Choose another: PORT=$((PORT + 1)) bin/up"
  launch_service
  wait_for_health
  say "  started: pid $(cat "$DATA/service.pid"), $URL"
}

built_from() { cat "$ROOT/dist/.built-from" "$ROOT"/dist-agent/.built-from-*; }

# listens ADDRESS PORT: whether anybody does.
listens() {
  local address=$1
  case $address in '' | 0.0.0.0) address=127.0.0.1 ;; ::) address=::1 ;; esac
  (exec 3<>"/dev/tcp/$address/$2") 2>/dev/null
}

launch_service() {
  local strange name
  # The service refuses variables that it does not know; those of bin/test are none of its business.
  strange=()
  for name in "${!ATOLL_TEST_@}"; do strange+=(-u "$name"); done
  rm -f "$DATA/service.pid"
  built_from >"$DATA/service.build"
  echo "--- $(date -u +%FT%TZ) started by bin/up" >>"$DATA/service.log"
  chmod 0600 "$DATA/service.log"
  (
    cd "$ROOT" || exit
    exec env "${strange[@]}" NODE_ENV="${NODE_ENV:-production}" setsid node dist/main.js
  ) >>"$DATA/service.log" 2>&1 </dev/null 5>&- &
  LAUNCHED=$!
}

wait_for_health() {
  local try answer=''
  for ((try = 0; try < START_SECONDS * 10; try++)); do
    if [ -s "$DATA/service.pid" ] && health >/dev/null; then return; fi
    running "$LAUNCHED" || die 'The service ended as it started. The end of its log:' "$(log_tail)"
    sleep 0.1
  done
  answer=$(curl -sS --noproxy '*' --max-time 5 "$URL/v1/health" 2>&1 || true)
  die "The service is not healthy after $START_SECONDS s; it says: $answer" "The end of $DATA/service.log:" "$(log_tail)"
}

log_tail() { tail -n 15 "$DATA/service.log"; }

stop_service() {
  local pid try
  if ! pid=$(service_pid); then
    say 'The service does not run.'
    return
  fi
  kill -TERM "$pid"
  for ((try = 0; try < 200; try++)); do
    if ! running "$pid"; then
      say "The service is stopped (pid $pid)."
      return
    fi
    sleep 0.1
  done
  kill -KILL "$pid"
  say "The service (pid $pid) did not end within 20 s and was killed; nothing that it had stored is lost."
}
