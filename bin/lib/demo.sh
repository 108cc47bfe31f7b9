# shellcheck shell=bash
# shellcheck disable=SC2153 # bin/up sets DATA
# The main job, each call on screen with its answer and its time. Sourced by bin/up: URL, KEY, IMAGE, DATA.

main_job() {
  local id command body=$DATA/demo.$$ text=$'A file: "quotes", $(no shell), Gr\xc3\xbc\xc3\x9fe.\n'
  say "${BOLD}The main job${PLAIN} ($IMAGE)"

  call 200 GET /v1/health
  expect '.status' healthy
  call 201 POST /v1/sandboxes "$(json_object image "$IMAGE")"
  id=$(answer .id)
  SANDBOX=/v1/sandboxes/$id
  call 200 POST "$SANDBOX/cmd?wait=true" '{"command":"sh","args":["-c","echo hello from a sandbox; echo oops >&2"]}'
  expect '.1.command.state' exited
  expect '.1.command.exit_code' 0
  command=$(answer .1.command.id)
  call 200 GET "$SANDBOX/cmd/$command/logs"
  expect .stdout $'hello from a sandbox\n'
  expect .stderr $'oops\n'
  call 200 PUT "$SANDBOX/files?path=%2Ftmp%2Fa%20note.txt" "$(json_object content "$text")"
  expect .status written
  call 200 GET "$SANDBOX/files?path=%2Ftmp%2Fa%20note.txt"
  expect .content "$text"
  call 204 DELETE "$SANDBOX"
  SANDBOX=''
}

# call STATUS METHOD PATH [JSON]: prints call, answer and time; anything but that status is the end.
call() {
  local status=$1 method=$2 path=$3 got data=()
  [ $# -lt 4 ] || data=(-H 'Content-Type: application/json' --data-binary "$4")
  say
  say "${BOLD}$method${PLAIN} $path${4:+ $4}"
  # The key goes by a file descriptor: arguments are there for every user of the machine to see.
  got=$(curl -sS --noproxy '*' --max-time 60 -K <(printf 'header = "Authorization: Bearer %s"\n' "$KEY") \
    -X "$method" "${data[@]}" -o "$body" -w '%{http_code} %{time_total}' "$URL$path") || wrong 'no answer'
  [ "$status" = 204 ] || sed 's/^/  /' "$body"
  [ -z "$(tail -c 1 "$body" 2>/dev/null)" ] || say
  say "  ${GREEN}${got%% *}${PLAIN} ${DIM}in $(awk -v s="${got#* }" 'BEGIN { printf "%.1f", s * 1000 }') ms${PLAIN}"
  [ "${got%% *}" = "$status" ] || wrong "answered ${got%% *} where $status was due"
}

# answer PATH: a value of the last answer; lines of ND-JSON are .0, .1, …
answer() {
  node -e '
    const text = require("node:fs").readFileSync(process.argv[1], "utf8").trim();
    const value = text.includes("\n") ? text.split("\n").map((line) => JSON.parse(line)) : JSON.parse(text);
    process.stdout.write(String(process.argv[2].split(".").slice(1).reduce((at, key) => at?.[key], value)));
  ' "$body" "$1"
}

json_object() { node -e 'process.stdout.write(JSON.stringify({ [process.argv[1]]: process.argv[2] }))' "$1" "$2"; }

expect() {
  local value
  # The dot keeps a newline at the end, which $(…) would eat.
  value=$(answer "$1" && echo .) || wrong 'the answer is not JSON'
  [ "${value%.}" = "$2" ] || wrong "$1 is ${value%.} where $2 was due"
}

wrong() {
  say "${RED}  wrong: $1${PLAIN}"
  if [ -n "${SANDBOX:-}" ]; then
    curl -sS --noproxy '*' -K <(printf 'header = "Authorization: Bearer %s"\n' "$KEY") -X DELETE "$URL$SANDBOX" || true
  fi
  die 'The main job does not work here. The end of the log:' "$(log_tail)"
}
