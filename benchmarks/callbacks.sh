#!/usr/bin/env bash
# Attacks the callback of a host in a process of its own, over TCP on loopback, while genuine pushes come, and writes what came of it to CALLBACKS.md.
# Driver and host share the machine.
#   benchmarks/callbacks.sh           a minute for each attack
#   benchmarks/callbacks.sh 10        ten seconds
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release --nologo -v quiet WeChat.UnionPush.LoadTests
program=(dotnet WeChat.UnionPush.LoadTests/bin/Release/net10.0/WeChat.UnionPush.LoadTests.dll)
for attack in None Unsigned Bombs Replayed Slow; do
  for mode in Safe Plain; do
    "${program[@]}" callbacks "$attack" 85 "${1:-60}" --mode "$mode" | tee -a "$work/lines"
  done
done

column() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" <<<"$line"; }
{
  echo "# Callbacks under attack"
  echo
  echo "Written by \`benchmarks/callbacks.sh ${1:-60}\`, so many seconds for each attack. A host with \`MapWeChatCallback\` on Kestrel and the default options, in"
  echo "a process of its own, over TCP on loopback. It gets 50 genuine pushes a second throughout, and the requests of a stranger, with a mebibyte each:"
  echo
  echo "- *Unsigned*: elements in elements, under a signature that is wrong. *Bombs*: eight kinds of bodies made to be expensive (attributes, names, pieces of text,"
  echo "  nested lists, repeated fields, entities, cipher text), likewise. Of neither is a byte of the body read by the callback."
  echo "- *Replayed*: the same bodies under a signed query that somebody saw, which are read up to 64 KiB."
  echo "- *Slow*: such queries with bodies that never come to their end, each on a connection of its own."
  echo
  echo "\"Alone\" is the median answer of genuine pushes before the attack, the three columns after it those during the attack. \"Grown\" is the most memory that was"
  echo "resident during the attack over what was before it, \"CPU\" the processor time of the host for each request of the stranger, \"lines\" what the log got of"
  echo "warnings and errors during the attack. Answers: HTTP status and how often. Driver and host share the machine:"
  echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores."
  echo
  echo "| attack | mode | a second | answers | alone ms | median ms | 99 % ms | longest ms | lost | before MB | grown MB | CPU ms | lines |"
  echo "|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
  while read -r line; do
    echo "| $(column attack) | $(column mode) | $(column rate) | $(column answers) | $(column alone_median_ms) | $(column median_ms) | $(column p99_ms) | $(column longest_ms) | $(column lost) | $(column rested_mb) | $(column grown_mb) | $(column cpu_ms) | $(column lines) |"
  done <"$work/lines"
} >CALLBACKS.md
cat CALLBACKS.md
