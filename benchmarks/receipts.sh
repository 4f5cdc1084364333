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
for pace in "2000 10" "234 300"; do
  for store in "${stores[@]}"; do
    # shellcheck disable=SC2086
    "${program[@]}" receipts $pace $store | tee -a "$work/lines"
  done
  if [[ -n ${POSTGRESQL:-} ]]; then
    # shellcheck disable=SC2086
    "${program[@]}" receipts $pace --postgresql "$POSTGRESQL" | tee -a "$work/lines"
    sleep 1
  fi
done

column() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" <<<"$line"; }
{
  echo "# Receipts"
  echo
  echo "Written by \`benchmarks/receipts.sh\`. Events \`TEMPLATESENDJOBFINISH\` in safe mode over HTTP on loopback, each answered when it is kept; one that has no"
  echo "answer after five seconds, or 503, is pushed again, three times in all, as the platform does. \"Behind\" is how long after the last answer the last"
  echo "receipt was found; \"peak\" is the host's memory. Driver, host and database share the machine:"
  echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores."
  echo
  echo "| store | events | a second | median ms | 99 % ms | longest ms | pushed again | given up | lost | behind ms | peak MB |"
  echo "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
  while read -r line; do
    echo "| $(column store) | $(column events) | $(column pace) | $(column median_ms) | $(column p99_ms) | $(column longest_ms) | $(column repeated) | $(column given_up) | $(column lost) | $(column behind_ms) | $(column peak_mb) |"
  done <"$work/lines"
} >RECEIPTS.md
cat RECEIPTS.md
