#!/usr/bin/env bash
# Pushes the receipts of 70,000 messages in five minutes, and bursts of 2,000 a second for ten seconds, to a host in a process of its own, and writes
# what came of it to RECEIPTS.md. Driver, host and database share the machine.
#   benchmarks/receipts.sh
#   POSTGRESQL="Host=…;Database=…;Username=…" benchmarks/receipts.sh      with PostgreSQL too
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release --nologo -v quiet WeChat.UnionPush.LoadTests
program=(dotnet WeChat.UnionPush.LoadTests/bin/Release/net10.0/WeChat.UnionPush.LoadTests.dll)

stores=("--store sqlite" "--store memory")
if [[ -n ${POSTGRESQL:-} ]]; then
  stores+=("--postgresql $POSTGRESQL")
fi
receipts() { # rate, seconds, store
  # shellcheck disable=SC2086
  "${program[@]}" receipts "$1" "$2" $3 | tee -a "$work/lines"
}

# One store after the other at the height of a burst; at the pace of a send run all at the same time, for five minutes each are long.
for store in "${stores[@]}"; do
  receipts 2000 10 "$store"
done
for store in "${stores[@]}"; do
  receipts 234 300 "$store" &
done
wait

column() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" <<<"$line"; }
{
  echo "# Receipts"
  echo
  echo "Written by \`benchmarks/receipts.sh\`. Events \`TEMPLATESENDJOBFINISH\` in safe mode over HTTP on loopback, each answered when it is kept; one that has no"
  echo "answer after five seconds, or 503, is pushed again, three times in all, as the platform does. \"Behind\" is how long after the last answer the last"
  echo "receipt was found; \"peak\" is the host's memory. Bursts came one after the other, the long runs of all stores at the same time. Drivers, hosts and"
  echo "database share the machine:"
  echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores."
  echo
  echo "| store | events | a second | median ms | 99 % ms | longest ms | pushed again | given up | lost | behind ms | peak MB |"
  echo "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
  while read -r line; do
    echo "| $(column store) | $(column events) | $(column pace) | $(column median_ms) | $(column p99_ms) | $(column longest_ms) | $(column repeated) | $(column given_up) | $(column lost) | $(column behind_ms) | $(column peak_mb) |"
  done <"$work/lines"
} >RECEIPTS.md
cat RECEIPTS.md
