#!/usr/bin/env bash
# Makes the images that the tests use, in the engine of DIR, from what the distribution's packages hold: no registry.
#   atoll-test/busybox:1   static busybox with its applets
#   atoll-test/debian:1    a whole Debian (its tree is kept between runs)
#   atoll-test/scratch:1   one static binary (probe/main.go) and nothing else
#   atoll-test/odd:1       busybox, with all that an image can say to disturb who runs it
set -euo pipefail
DIR=$1
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../bin/lib/busybox-tree.sh
. "$HERE/../../bin/lib/busybox-tree.sh"
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/atoll-test
SUITE=bookworm
WORK=$(mktemp -d "$DIR/images-XXXXXX")
waiting=
trap 'wait $waiting; rm -rf "$WORK"' EXIT

api() { # api PATH CURL-ARGUMENTS…: prints the answer; an error inside a 200 stream is an error too
  local path=$1 answer
  shift
  answer=$(curl -sS --fail-with-body --unix-socket "$DIR/docker.sock" "$@" "http://engine/v1.40$path") || {
    echo "POST $path: $answer" >&2
    return 1
  }
  if [[ $answer == *'"error"'* ]]; then
    echo "POST $path: $answer" >&2
    return 1
  fi
}

import() { # import NAME [CHANGES, percent-encoded]: a tar on stdin becomes NAME:1
  api "/images/create?fromSrc=-&repo=atoll-test/$1&tag=1${2:-}" -X POST -T - -H 'Content-Type: application/x-tar'
}

archive() { tar -C "$1" --numeric-owner -cf - .; }

change() { # change INSTRUCTION…: as a query parameter
  local text=$* i
  printf '&changes='
  for ((i = 0; i < ${#text}; i++)); do printf '%%%02X' "'${text:i:1}"; done
}

busybox() {
  busybox_tree "$WORK/busybox"
  chown -R 1000:1000 "$WORK/busybox/home/app"
  archive "$WORK/busybox" | import busybox "$(change ENV PATH=/bin)$(change CMD '["sh"]')"
}

debian() {
  local tar
  mkdir -p "$CACHE"
  tar=$CACHE/debian-$SUITE-$(dpkg --print-architecture)-1.tar
  # Only one makes it, and the name appears when it is whole.
  exec 9>"$CACHE/lock"
  flock 9
  if [ ! -e "$tar" ]; then
    echo 'making a Debian tree (about 40 s, once)'
    rm -f "$tar".*
    nice debootstrap --variant=minbase "$SUITE" "$WORK/debian" ${ATOLL_TEST_DEBIAN_MIRROR:+"$ATOLL_TEST_DEBIAN_MIRROR"} \
      >"$WORK/debootstrap.log" 2>&1 || {
      tail -n 20 "$WORK/debootstrap.log" >&2
      return 1
    }
    rm -rf "$WORK"/debian/var/cache/apt/* "$WORK"/debian/var/lib/apt/lists/* "$WORK"/debian/dev/*
    archive "$WORK/debian" >"$tar.$$"
    mv "$tar.$$" "$tar"
  fi
  exec 9>&-
  import debian "$(change CMD '["bash"]')" <"$tar"
}

scratch() {
  mkdir "$WORK/scratch"
  CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$WORK/scratch/probe" "$HERE"/probe/*.go
  archive "$WORK/scratch" | import scratch
}

odd() {
  mkdir "$WORK/odd"
  cat >"$WORK/odd/Dockerfile" <<'DOCKERFILE'
FROM atoll-test/busybox:1
ENV GODEBUG=inittrace=1,gctrace=1 GOTRACEBACK=crash LD_PRELOAD=/nowhere.so ATOLL_SECRET=image ATOLL_SANDBOX=image
ENV HOME=/odd PATH=/odd/bin:/bin GREETING="hello from the image"
LABEL dev.atoll.instance=image dev.atoll.sandbox=image dev.atoll.owner=image dev.atoll.role=sandbox
WORKDIR "/work dir"
VOLUME /volume
EXPOSE 80/tcp
HEALTHCHECK --interval=1s --retries=1 CMD /bin/false
STOPSIGNAL SIGQUIT
USER app
ENTRYPOINT ["/no/such/entrypoint"]
CMD ["/no/such/command"]
DOCKERFILE
  archive "$WORK/odd" | api '/build?t=atoll-test/odd:1&rm=1&forcerm=1' -X POST -T - -H 'Content-Type: application/x-tar'
}

debian &
waiting=$!
busybox
scratch
odd
wait "$waiting"
