# shellcheck shell=bash
# An image to try the service with: one that is there, else pulled, else built. Sets IMAGE. Sourced by bin/up.

BUILT_IMAGE=atoll/base:1
PULL_SECONDS=20

find_image() {
  for IMAGE in busybox:latest alpine:latest debian:latest ubuntu:latest "$BUILT_IMAGE"; do
    if has_image "$IMAGE"; then
      say "  here already: $IMAGE"
      return
    fi
  done
  for IMAGE in busybox alpine; do
    if long "pulling $IMAGE" pull "$IMAGE"; then
      IMAGE=$IMAGE:latest
      say "  pulled: $IMAGE"
      return
    fi
  done
  build_image
}

pull() {
  engine_stream "/images/create?fromImage=$1&tag=latest" -X POST --max-time "$PULL_SECONDS" >/dev/null 2>&1 &&
    has_image "$1:latest"
}

build_image() {
  say "  no registry answers: building $BUILT_IMAGE from busybox-static"
  need_static_busybox
  local tree
  tree=$(mktemp -d)
  busybox_tree "$tree"
  tar -C "$tree" --numeric-owner -cf - . |
    engine_stream "/images/create?fromSrc=-&repo=${BUILT_IMAGE%:*}&tag=${BUILT_IMAGE#*:}" -X POST -T - \
      -H 'Content-Type: application/x-tar' || die 'The engine did not take the image.'
  rm -rf "$tree"
  IMAGE=$BUILT_IMAGE
}
