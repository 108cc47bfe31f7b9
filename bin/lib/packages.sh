# shellcheck shell=bash
# Programs from the distribution, installed only where they are missing. Sourced after common.sh.

POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# by atoll, while it installs packages'

can_install() { [ "$(id -u)" = 0 ] && have apt-get; }

# need COMMAND PACKAGE…: makes sure that a command is there.
need() {
  local command=$1
  shift
  have "$command" && return
  install_packages "$@"
  have "$command" || die "$command is not there, even after installing $*."
}

install_packages() {
  can_install || die "These Debian packages are missing: $*" \
    'Install them (or what your system calls them), or run this as root on Debian or Ubuntu, where it installs them itself.'
  hold_services
  long "apt-get install $*" apt_install "$@" || {
    release_services
    die "apt-get could not install: $*" "$(tail -n 15 "$APT_LOG" 2>/dev/null)" \
      'Look whether its sources answer (apt-get update), or install these yourself, and run this again.'
  }
  release_services
}

apt_install() {
  apt_get install -y --no-install-recommends "$@" && return
  # The list of packages is absent or old.
  apt_get update && apt_get install -y --no-install-recommends "$@"
}

APT_LOG=/tmp/atoll-apt-$$.log
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$APT_LOG" 2>&1 || return 1
  rm -f "$APT_LOG"
}

# Nothing that a package brings shall start by itself: what we need runs in a folder of ours.
hold_services() {
  [ -e "$POLICY" ] && return
  printf '%s\n' '#!/bin/sh' "$POLICY_MARK" 'exit 101' >"$POLICY"
  chmod 755 "$POLICY"
}

release_services() {
  if grep -qxF "$POLICY_MARK" "$POLICY" 2>/dev/null; then rm -f "$POLICY"; fi
}
