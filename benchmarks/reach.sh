#!/usr/bin/env bash
# Measures what AddReach costs a push that needs no further channel, in several processes one after the other, and writes REACH.md.
#   benchmarks/reach.sh [processes]       5 unless told otherwise; each takes about half a minute
set -euo pipefail
cd "$(dirname "$0")"

processes=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release --nologo -v quiet WeChat.UnionPush.Benchmarks -f net10.0
for ((process = 1; process <= processes; process++)); do
  dotnet WeChat.UnionPush.Benchmarks/bin/Release/net10.0/WeChat.UnionPush.Benchmarks.dll reach | sed "s/^|/| $process |/" | tee -a "$work/lines"
done

{
  echo "# Reach"
  echo
  echo "Written by \`benchmarks/reach.sh $processes\`. The same push, of a message that has a subscribe message too, to people who follow, on a host without \`AddReach\` and on"
  echo "one with \`AddReach\` and \`AddFollowLinks\`, in $processes processes. In each, the two take 1,500 pairs of turns of 1,000 pushes, each pair in the other order than the"
  echo "one before it. \"Rate\" is the median of the pairs' ratios: above 1 the host with \`AddReach\` is the faster one. The platform is a stub in the process,"
  echo "which answers at once, and the store is in memory, so that only the library's own work is measured:"
  echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores."
  echo
  echo "| process | message | ns without | ns with | rate with ÷ without | bytes without | bytes more |"
  echo "|--:|---|--:|--:|--:|--:|--:|"
  sort -t'|' -k3,3 -k2,2n "$work/lines"
} >REACH.md
cat REACH.md
