#!/usr/bin/env bash
# The first process of a test engine's namespaces: arranges them, then waits until it is killed, and reaps.
set -euo pipefail
DIR=$1

# /sys shows the network namespace in which it was mounted, and dockerd looks there; but a new sysfs has no cgroups
# below it: carry the machine's own over.
mkdir -p "$DIR/cgroup"
mount --rbind /sys/fs/cgroup "$DIR/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$DIR/cgroup" /sys/fs/cgroup
umount -R -l "$DIR/cgroup"

# The sockets of containerd's shims lie at a fixed place, not in the engine's folder.
for shared in /run/containerd /run/docker; do
  mkdir -p "$shared"
  mount -t tmpfs -o mode=0711 tmpfs "$shared"
done

ip link set lo up
touch "$DIR/ready"

trap 'exit 0' TERM
while :; do
  sleep 3600 &
  wait "$!" || true
done
