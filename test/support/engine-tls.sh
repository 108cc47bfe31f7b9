#!/usr/bin/env bash
# engine-tls.sh DIR NAME[,IP:ADDRESS]: a certificate authority, and certificates for an engine that is called NAME and for its client, as
# dockerd and the docker CLI name them: DIR/{ca,server-cert,server-key,cert,key}.pem, readable by all, for tests alone.
set -euo pipefail
mkdir -p "$1"
cd "$1"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
signed() { # signed KEY CERTIFICATE SUBJECT EXTENSION
  openssl req -new -key "$1" -subj "/CN=$3" |
    openssl x509 -req -CA ca.pem -CAkey ca-key.pem -set_serial "$RANDOM" -days 2 -extfile <(echo "$4") -out "$2" 2>/dev/null
}

key ca-key.pem
openssl req -new -x509 -key ca-key.pem -subj '/CN=atoll test' -days 2 -out ca.pem
key server-key.pem
signed server-key.pem server-cert.pem "$2" "subjectAltName=DNS:$2"$'\n''extendedKeyUsage=serverAuth'
key key.pem
signed key.pem cert.pem client 'extendedKeyUsage=clientAuth'
chmod 0644 ./*.pem
