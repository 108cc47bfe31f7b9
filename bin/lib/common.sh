# shellcheck shell=bash
# What every script here shares: where the project is, how to speak, what time it is, locks. Sourced.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Node, npm's tools and the compiler are those of the lockfile, wherever the caller stands.
PATH=$ROOT/node_modules/.bin:$PATH:/usr/sbin:/sbin
export PATH

# shellcheck disable=SC2034 # for those who source this
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
  BOLD='' DIM='' RED='' GREEN='' PLAIN=''
  export NO_COLOR=1
fi

say() { printf '%s\n' "$*"; }
step() { printf '%s\n' "${DIM}·${PLAIN} $*"; }
die() {
  printf '%s\n' "${RED}$1${PLAIN}" >&2
  shift
  [ $# -eq 0 ] || printf '%s\n' "$@" >&2
  exit 1
}

# long TITLE COMMAND…: a step that may take a while, in a subshell. Says how long it has been at it (on a terminal each second, else each
# TICK_SECONDS), and at the end how long it took. Returns what the command did.
TICK_SECONDS=${TICK_SECONDS:-10}
long() {
  local title=$1 begun ticker code=0
  shift
  begun=$(now_ms)
  step "$title"
  tick "$title" "$begun" &
  ticker=$!
  ("$@") || code=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  [ ! -t 1 ] || printf '\r\e[K'
  [ "$code" != 0 ] || say "  ${DIM}$(seconds_since "$begun") s${PLAIN}"
  return "$code"
}

tick() {
  local second silence
  # Waits without a child, which would outlive this and hold the output open.
  exec {silence}<> <(:)
  for ((second = 1; ; second++)); do
    read -rt 1 -u "$silence" || true
    kill -0 $$ 2>/dev/null || return 0
    if [ -t 1 ]; then
      printf '\r\e[K  %s… %d s%s' "$DIM" "$second" "$PLAIN"
    elif ((second % TICK_SECONDS == 0)); then
      say "  still at it: $1, $second s"
    fi
  done
}

now_ms() { printf '%s' $((${EPOCHREALTIME/[.,]/} / 1000)); }
seconds_since() { # seconds_since MS: with one decimal
  local ms=$(($(now_ms) - $1))
  printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# logged FILE COMMAND…: what it says goes there.
logged() {
  local file=$1
  shift
  "$@" >"$file" 2>&1
}

have() { type -P "$1" >/dev/null; }

# The start time of a process: with its pid a name that the kernel does not give twice.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # words are wanted: the fields after the name, which may hold blanks itself
  set -- ${stat##*) }
  echo "${20}"
}

# A zombie answers signals, but does nothing any more (where nobody reaps, it stays for ever).
running() { kill -0 "$1" 2>/dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; }

# kill_tree SIGNAL PID: a process and all that it started, children first.
kill_tree() {
  local child
  local children
  read -r -a children < <(cat "/proc/$2/task"/*/children 2>/dev/null) || true # no newline at its end
  for child in "${children[@]}"; do kill_tree "$1" "$child"; done
  kill "-$1" "$2" 2>/dev/null || true
}

# locked NAME COMMAND…: one at a time in this working copy.
locked() {
  local name=$1
  shift
  mkdir -p "$ROOT/.cache"
  (
    flock 8
    "$@" 8>&-
  ) 8>"$ROOT/.cache/$name.lock"
}

# hash_of PATH…: one hash over the names and contents of all files below them, tests aside.
hash_of() {
  (
    cd "$ROOT" || exit
    find "$@" -type f ! -name '*_test.go' ! -name '*.spec.ts' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12
  )
}
