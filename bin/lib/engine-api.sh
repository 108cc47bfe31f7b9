# shellcheck shell=bash
# The engine's API by curl, so that no docker CLI is needed. Sourced after common.sh.

# engine_curl PATH CURL-ARGUMENTS…: calls the engine that DOCKER_HOST names, as the docker CLI reads it.
engine_curl() {
  local path=$1 base options=()
  shift
  local certs=${DOCKER_CERT_PATH:-$HOME/.docker}
  case $DOCKER_HOST in
    unix://*)
      base=http://engine
      options=(--unix-socket "${DOCKER_HOST#unix://}")
      ;;
    tcp://* | https://*)
      base=http://${DOCKER_HOST#*://}
      if [ -n "${DOCKER_TLS_VERIFY:-}" ] || [[ $DOCKER_HOST == https://* ]]; then
        base=https://${DOCKER_HOST#*://}
        [ ! -e "$certs/cert.pem" ] || options=(--cacert "$certs/ca.pem" --cert "$certs/cert.pem" --key "$certs/key.pem")
      fi
      ;;
    http://*) base=$DOCKER_HOST ;;
    *) die "DOCKER_HOST=$DOCKER_HOST: unix://, tcp://, http:// or https:// is wanted." ;;
  esac
  # The engine is asked directly, whatever proxy the outside needs.
  curl -sS --noproxy '*' "${options[@]}" "$@" "${base%/}$path"
}

engine_answers() { engine_curl /_ping -f -o /dev/null --max-time 5 2>/dev/null; }

# engine_stream PATH CURL-ARGUMENTS…: a call whose answer is a stream of JSON lines, in which errors hide behind a 200.
engine_stream() {
  local answer
  answer=$(engine_curl "$@" --fail-with-body) && [[ $answer != *'"error"'* ]] && return
  printf '%s\n' "$answer" | tail -n 1 >&2
  return 1
}

has_image() { engine_curl "/images/$1/json" -f -o /dev/null 2>/dev/null; }
