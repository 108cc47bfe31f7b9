# shellcheck shell=bash
# The parts of bin/test. Each runs in a job of its own, says what failed in $OUT/PART.failures, and how many passed,
# failed and were skipped in $OUT/PART.count. Sourced by bin/test, which sets PARTS, OUT, JOBS and VITEST_ARGS.

STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2
MAX_LINES=300
# A test that spins cannot be stopped by its runner.
PART_SECONDS=${ATOLL_TEST_PART_SECONDS:-4800}

# check TITLE COMMAND…: one check, passed or failed.
check() {
  local title=$1
  shift
  if "$@"; then
    count 1 0 0
  else
    say "${RED}failed: $title${PLAIN}"
    count 0 1 0
    printf '%s\n' "$title" >>"$OUT/$PART.failures"
  fi
}

count() { echo "$*" >>"$OUT/$PART.count"; }

# counted KIND REPORT EXIT-CODE TITLE: the tests of a runner's report, and the run itself where that tells more.
counted() {
  local lines
  lines=$(node "$ROOT/bin/lib/count.mjs" "$1" "$2") || lines='0 0 0'
  local numbers=${lines%%$'\n'*} passed failed skipped
  read -r passed failed skipped <<<"$numbers"
  [ "$numbers" = "$lines" ] || printf '%s\n' "${lines#*$'\n'}" >>"$OUT/$PART.failures"
  if [ "$3" != 0 ] && [ "$failed" = 0 ]; then
    failed=1
    printf '%s\n' "$4 ended with code $3" >>"$OUT/$PART.failures"
  fi
  count "$passed" "$failed" "$skipped"
}

# run_part PART [quiet]: in a job, so that ^C and TERM are heard at once; quiet: output when it is over, in one piece.
run_part() {
  PART=$1
  case $PART in build-* | engine) ;; *) wanted "$PART" || return 0 ;; esac
  local begun log=$OUT/$PART.log job
  begun=$(now_ms)
  if [ "${2:-}" = quiet ]; then
    part >"$log" 2>&1 </dev/null &
  else
    say "${BOLD}$PART${PLAIN}"
    : >"$log"
    part </dev/null &
  fi
  job=$!
  JOBS+=("$job")
  wait "$job" || check "$PART ended early" false
  block "$log" "$begun" "${2:-}"
}

part() { "part_${PART//-/_}"; }

block() {
  local verdict=ok
  [ ! -s "$OUT/$PART.failures" ] || verdict="${RED}failed${PLAIN}"
  {
    flock 7
    [ "$3" != quiet ] || say "${BOLD}$PART${PLAIN}"
    sed 's/^/  /' "$1"
    say "  ${DIM}$(seconds_since "$2") s${PLAIN} $verdict"
  } 7>"$OUT/print.lock"
}

part_format() { check 'prettier (npm run format mends it)' prettier --check --log-level warn .; }
part_lint() { check eslint eslint --max-warnings 0 .; }
part_types() { check tsc tsc --noEmit -p tsconfig.json; }
part_arch() { check dependency-cruiser depcruise --config .dependency-cruiser.cjs src; }
part_sizes() { check "no file of more than $MAX_LINES lines" no_long_files; }
part_shell() { check shellcheck bash_is_clean; }

bash_is_clean() {
  local files
  mapfile -t files < <(grep -rlE '^#!/usr/bin/env bash|^# shellcheck shell=bash' bin test .ci)
  shellcheck -x -P SCRIPTDIR "${files[@]}"
}

no_long_files() {
  local long
  long=$(find src test agent bin -type f \( -name '*.ts' -o -name '*.go' -o -name '*.sh' -o -name '*.mjs' -o ! -name '*.*' \) \
    -exec wc -l {} + | awk -v max="$MAX_LINES" '$1 > max && $2 != "total" { print $2 ": " $1 " lines" }')
  [ -z "$long" ] || say "$long"
  [ -z "$long" ]
}

part_go() {
  cd "$ROOT/agent" || return
  check gofmt go_formatted
  check 'go vet' "$GO" vet ./...
  check 'go vet (the probe)' "$GO" vet "$ROOT"/test/support/probe/*.go
  check 'go vet (the door)' "$GO" vet "$ROOT"/test/support/tls-door/main.go
  check staticcheck "$GO" run "$STATICCHECK" ./...
  # The race detector needs a C compiler; without one the tests run all the same.
  local code=0 race=()
  if have "$("$GO" env CC)"; then race=(-race); fi
  local packages
  mapfile -t packages < <("$GO" list ./... | grep -v /container) # those are the part `agent`
  CGO_ENABLED=${race:+1} timeout -k 10 "$PART_SECONDS" "$GO" test "${race[@]}" -json "${packages[@]}" >"$OUT/go.json" || code=$?
  node "$ROOT/bin/lib/go-report.mjs" "$OUT/go.json"
  counted go "$OUT/go.json" "$code" 'go test'
}

# The agent as PID 1 of real containers.
part_agent() {
  local code=0
  cd "$ROOT/agent" || return
  in_test_engine timeout -k 10 "$PART_SECONDS" "$GO" test -count=1 -json ./container >"$OUT/agent.json" || code=$?
  node "$ROOT/bin/lib/go-report.mjs" "$OUT/agent.json"
  counted go "$OUT/agent.json" "$code" 'go test'
}

go_formatted() {
  local bad
  bad=$("$(dirname "$(readlink -f "$GO")")/gofmt" -l . "$ROOT"/test/support/{probe,tls-door})
  [ -z "$bad" ] || say "$bad"
  [ -z "$bad" ]
}

# vitest_part CONFIG [WRAPPER…]
vitest_part() {
  local config=$1 code=0
  shift
  "$@" timeout -k 10 "$PART_SECONDS" vitest run --config "$config" --reporter=default --reporter=json "--outputFile.json=$OUT/$PART.json" \
    "${VITEST_ARGS[@]}" || code=$?
  counted vitest "$OUT/$PART.json" "$code" vitest
}

part_unit() { vitest_part vitest.config.ts; }
part_chart() {
  check 'the table in helm/atoll/README.md is that of values.yaml (npm run chart:docs mends it)' node bin/lib/chart-docs.mjs --check
  vitest_part vitest.config.chart.ts
}
part_contract() { vitest_part vitest.config.contract.ts in_test_engine; }
part_e2e() { vitest_part vitest.config.e2e.ts in_test_engine; }

part_build_service() { check 'nest build' build_service; }
part_build_chart_tools() { check "Helm and the schemas are there" make_chart_tools; }
part_build_agent() { check 'the agent is built' build_agent; }
part_engine() { check 'an engine, its images and a PostgreSQL are there' test_engine_wait; }

part_openapi() { check 'openapi.json is what the service says (npm run openapi >openapi.json mends it)' same_openapi; }
same_openapi() { node dist/openapi.js | diff -u openapi.json -; }

summary() {
  local passed=0 failed=0 skipped=0 p f s file
  for file in "$OUT"/*.count; do
    while read -r p f s; do
      passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done <"$file"
  done
  for file in "$OUT"/*.failures; do
    [ -s "$file" ] || continue
    say "${RED}${BOLD}$(basename "$file" .failures)${PLAIN}"
    sed 's/^/  ✗ /' "$file"
  done
  say "${DIM}$(seconds_since "$1") s in all${PLAIN}"
  say "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
}
