#!/usr/bin/env bash
# doc-session.sh FOLDER: runs the blocks of one document, in their order and in one shell, as a reader would who goes through it with a service
# that runs. FOLDER holds N.sh with how it is marked in N.mark; N.out and N.err are what it said. Stops at the first that fails, whose number is in
# FOLDER/current. Runs in a working copy of its own; see test/e2e/docs.e2e-spec.ts.
set -euo pipefail
FOLDER=$1
HERE=http://127.0.0.1:8080

# An answer that is an error is a failure, unless the document says so.
WANTED=''
curl() {
  if [ -z "$WANTED" ]; then
    command curl --fail-with-body "$@"
  else
    local code
    code=$(command curl --output "$FOLDER/answer" --write-out '%{http_code}' "$@")
    cat "$FOLDER/answer"
    [ "$code" = "$WANTED" ]
  fi
}

# What goes on for ever is cut off on purpose.
timeout() { command timeout "$@" || [ $? = 124 ]; }

# In a pipe it may find nothing: that is how a log without errors looks.
grep() { command grep "$@" || { [ $? = 1 ] && [ -p /dev/stdout ]; }; }

# There is no cluster: what would be installed is rendered.
helm() {
  [ "$1" != install ] || set -- template "${@:2}"
  "$ATOLL_TEST_HELM" "$@"
}

healthy() { command curl -sf -o /dev/null "$HERE/v1/health"; }

# Every document but the first speaks of a service that is there, and of requests that its reader made.
ensure_service() {
  healthy || bin/up >"$FOLDER/up.out" 2>&1
  command curl -s -o /dev/null -H 'X-Request-Id: my-id' "$HERE/v1/sandboxes"
}

in_the_background() {
  local group code=0
  bin/up --stop >/dev/null
  setsid bash -euo pipefail "$1" &
  group=$!
  for ((try = 0; try < 200; try++)); do
    if healthy; then break; fi
    sleep 0.1
  done
  healthy || code=1
  kill -TERM -- "-$group"
  wait "$group" || true
  return "$code"
}

for ((number = 1; ; number++)); do
  block=$FOLDER/$number.sh
  [ -e "$block" ] || break
  echo "$number" >"$FOLDER/current"
  mark=$(cat "$FOLDER/$number.mark")
  ensure_service
  case $mark in
    background) in_the_background "$block" >"$FOLDER/$number.out" 2>"$FOLDER/$number.err" ;;
    *)
      WANTED=${mark#run}
      # shellcheck disable=SC1090 # the block
      . "$block" >"$FOLDER/$number.out" 2>"$FOLDER/$number.err"
      WANTED=''
      ;;
  esac
done
rm "$FOLDER/current"
