#!/bin/sh
# Writes an .env for compose.yaml: .env.example with a password of its own wherever that has none.
set -eu
size=${1:-}
case $size in
  small | full) ;;
  *) echo 'Type the size: sh make-env.sh small > .env, or sh make-env.sh full > .env' >&2; exit 1 ;;
esac
while IFS= read -r line; do
  case $line in
    COMPOSE_PROFILES=*) echo "COMPOSE_PROFILES=$size" ;;
    CASSANDRA_URL=* | ELASTICSEARCH_URL=* | S3_URL=*) if [ "$size" = full ]; then printf '%s\n' "$line"; fi ;;
    # Hexadecimal, because most of them become part of a URL.
    [A-Z]*=) printf '%s%s\n' "$line" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < "$(dirname "$0")/.env.example"
