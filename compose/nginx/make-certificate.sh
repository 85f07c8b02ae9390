#!/bin/sh
# Makes a certificate for localhost, signed by itself, unless the folder holds one: for trying things, not for clients.
# To use a real one put fullchain.pem and key.pem into the folder, and restart nginx.
set -eu
folder=${1:?type the folder the certificate goes to}
name=${2:-localhost}
owner=${3:-}
if [ -s "$folder/fullchain.pem" ] && [ -s "$folder/key.pem" ]; then
  echo "There is a certificate in $folder; it stays."
  exit 0
fi
umask 077
# 825 days are the longest that Apple's systems accept (HT210176).
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -sha256 -days 825 -nodes \
  -subj "/CN=$name" -addext "subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1,IP:::1" \
  -addext 'basicConstraints=critical,CA:FALSE' -addext 'extendedKeyUsage=serverAuth' \
  -keyout "$folder/key.pem" -out "$folder/fullchain.pem" 2>/dev/null
chmod 644 "$folder/fullchain.pem"
[ -z "$owner" ] || chown "$owner" "$folder/key.pem"
echo "A certificate for $name, signed by itself, is in $folder."
