# shellcheck shell=bash
# Where no Go is: the agent is built in a container of the `golang` image, by the engine's API. Sourced by bin/up.

GO_IMAGE=golang:1.26
GO_PULL_SECONDS=240

# build_agent_in_container ARCH LINKER-FLAGS TARGET
build_agent_in_container() {
  local id work
  has_image "$GO_IMAGE" || {
    long "pulling $GO_IMAGE to build the agent with" \
      engine_stream "/images/create?fromImage=${GO_IMAGE%:*}&tag=${GO_IMAGE#*:}" -X POST --max-time "$GO_PULL_SECONDS" ||
      no_go
  }
  step "go build in $GO_IMAGE (the agent for $1)"
  work=$(mktemp -d)
  # shellcheck disable=SC2016 # JavaScript
  node -e '
    const [image, arch, flags] = process.argv.slice(1);
    const Env = ["CGO_ENABLED=0", "GOOS=linux", `GOARCH=${arch}`, "GOFLAGS=-buildvcs=false"];
    const Cmd = ["go", "build", "-trimpath", "-ldflags", flags, "-o", "/tmp/atoll-agent", "."];
    process.stdout.write(JSON.stringify({ Image: image, Env, Entrypoint: [], Cmd, WorkingDir: "/tmp/agent" }));
  ' "$GO_IMAGE" "$1" "$2" >"$work/create"
  engine_curl /containers/create -f -X POST -H 'Content-Type: application/json' --data-binary "@$work/create" \
    -o "$work/created" || return 1
  id=$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1])).Id' "$work/created")
  tar -C "$ROOT" -cf - agent | engine_curl "/containers/$id/archive?path=/tmp" -f -X PUT -T - -o /dev/null &&
    engine_curl "/containers/$id/start" -f -X POST -o /dev/null &&
    engine_curl "/containers/$id/wait" -f -X POST -o "$work/exit" &&
    if grep -q '"StatusCode":0' "$work/exit"; then
      engine_curl "/containers/$id/archive?path=/tmp/atoll-agent" -f | tar -xO >"$3" && chmod 755 "$3"
    else
      engine_curl "/containers/$id/logs?stdout=1&stderr=1" | tr -cd '\11\12\40-\176' | tail -n 20 >&2
      false
    fi
  local code=$?
  engine_curl "/containers/$id?force=1&v=1" -X DELETE -o /dev/null || true
  rm -rf "$work"
  return "$code"
}
