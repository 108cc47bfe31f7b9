# shellcheck shell=bash
# The smallest image with a shell, from the distribution's static busybox. Sourced after packages.sh.

need_static_busybox() {
  if have busybox && ! ldd "$(type -P busybox)" >/dev/null 2>&1; then return; fi
  install_packages busybox-static
}

# busybox_tree DIR: makes its file tree there.
busybox_tree() {
  local tree=$1 applet
  mkdir -p "$tree"/{bin,etc,root,home/app,tmp,var}
  chmod 1777 "$tree/tmp"
  cp "$(type -P busybox)" "$tree/bin/busybox"
  "$tree/bin/busybox" --list | while IFS= read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$tree/bin/$applet"
  done
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'app:x:1000:1000:App:/home/app:/bin/sh' >"$tree/etc/passwd"
  printf '%s\n' 'root:x:0:' 'app:x:1000:' 'extra:x:2000:app' 'more:x:2001:other,app' >"$tree/etc/group"
}
