#!/usr/bin/env bash
# Syncs many followers into each store twice, with as many Mini Program users in it, and writes calls, rates and memory to IDENTITIES.md. The
# simulated platform has a process of its own and makes its followers up as they are asked for.
#   benchmarks/identities.sh
#   PEOPLE=1000000 FEW=10000 LISTED=10000000                              how many
#   MYSQL="Server=…;Port=…;User ID=…" benchmarks/identities.sh            with MySQL or MariaDB too, in databases that are dropped before and after
#   POSTGRESQL="Host=…;Database=…;Username=…" benchmarks/identities.sh    with PostgreSQL too, in schemas that are dropped before and after
set -euo pipefail
cd "$(dirname "$0")"

people=${PEOPLE:-1000000}
few=${FEW:-10000}
listed=${LISTED:-10000000}
work=$(mktemp -d)
server=""
trap 'kill $server 2>/dev/null && wait || true; rm -rf "$work"' EXIT
dotnet build -c Release --nologo -v quiet ../tests/WeChat.UnionPush.TestHost
program=(dotnet ../tests/WeChat.UnionPush.TestHost/bin/Release/net10.0/WeChat.UnionPush.TestHost.dll)

serve() {
  [[ -z $server ]] || { kill "$server"; wait "$server" || true; }
  rm -f "$work/address"
  mkfifo "$work/address"
  "${program[@]}" platform "$1" >"$work/address" &
  server=$!
  read -r address <"$work/address"
}
measure() { # name of the store, storage, further arguments
  "${program[@]}" measure "$address" "$2" "${@:3}" | sed "s/^/store=$1 /" | tee -a "$work/lines"
}
schema() { psql "$(sed 's/;/ /g; s/Host=/host=/; s/Port=/port=/; s/Username=/user=/; s/Password=/password=/; s/Database=/dbname=/' <<<"$POSTGRESQL")" -qc "drop schema if exists $1 cascade; $2"; }

database() { mariadb $(sed 's/;/ /g; s/Server=/--host=/; s/Port=/--port=/; s/User ID=/--user=/; s/Password=/--password=/; s/SSL Mode=[^ ]*//' <<<"$MYSQL") -e "drop database if exists $1; $2"; }

for count in "$few" "$people"; do
  serve "$count"
  measure SQLite "sqlite:$work/$count.db" --users "$count"
  rm -f "$work/$count.db"*
  if [[ -n ${POSTGRESQL:-} ]]; then
    schema "measured_$count" "create schema measured_$count"
    measure PostgreSQL "postgresql:$POSTGRESQL;Search Path=measured_$count" --users "$count"
    schema "measured_$count" ""
  fi
  if [[ -n ${MYSQL:-} ]]; then
    database "measured_$count" "create database measured_$count"
    measure "${MYSQL_NAME:-MySQL}" "mysql:$MYSQL;Database=measured_$count" --users "$count"
    database "measured_$count" ""
  fi
done
serve "$listed"
measure none "sqlite:$work/none.db" --list-only

column() { sed -n "s|.* $1=\([^ ]*\).*|\1|p" <<<"$line"; }
calls() { [[ $line == *run=users* ]] || column "$1" | grep . || echo 0; }   # users are saved without a call
{
  echo "# Identities"
  echo
  echo "Written by \`benchmarks/identities.sh\`. \"Users\" saves Mini Program users; \"first\" and \"second\" are follower syncs, the second one of an unchanged account;"
  echo "\"list\" only lists. \"Peak\" is the most memory that the process ever held. Platform, process and database share the machine:"
  echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores."
  echo
  echo "| store | run | people | seconds | a second | peak MB | \`user/get\` | \`batchget\` |"
  echo "|---|---|--:|--:|--:|--:|--:|--:|"
  while read -r line; do
    line="$line "
    echo "| $(sed -n 's/^store=\([^ ]*\).*/\1/p' <<<"$line") | $(column run) | $(column count) | $(column seconds) | $(column per_second) | $(column peak_mb) | $(calls user/get) | $(calls user/info/batchget) |"
  done <"$work/lines"
} | sed 's/|  |/| |/g; s/|  |/| |/g' >IDENTITIES.md
cat IDENTITIES.md
