#!/usr/bin/env bash
# Offers two, five and twenty times the pace by callers who give up after 50 ms, 300 ms and 1 s, and writes what went out to OVERLOAD.md.
#   benchmarks/overload.sh [seconds]      10 seconds each unless told otherwise
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-10}
pace=60
latency=20

dotnet build -c Release --nologo -v quiet WeChat.UnionPush.LoadTests
program=(dotnet WeChat.UnionPush.LoadTests/bin/Release/net10.0/WeChat.UnionPush.LoadTests.dll)
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

for times in 2 5 20; do
  for deadline in 50 300 1000; do
    "${program[@]}" overload "$pace" "$times" "$deadline" "$seconds" --latency "$latency" | tee -a "$lines"
  done
done

{
  echo "# Overload"
  echo
  echo "Written by \`benchmarks/overload.sh $seconds\`. Callers offer more messages than the pace of $pace a second lets out, and each gives up after its"
  echo "deadline; over loopback TCP with the handler that the library brings, against a stand-in of the platform that takes $latency ms for an answer. \"Out\""
  echo "is what arrived at the platform, after three seconds to warm up, and \"sent\" what callers were told is sent: a caller may give up while the answer is on"
  echo "its way. \"Alone\" is how long one message took that was sent when the others stopped coming."
  echo "Driver and stand-in share the machine:"
  echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(nproc) cores."
  echo
  echo "| offered | deadline ms | out a second | of the pace | sent a second | gave up | refused | alone ms |"
  echo "|--:|--:|--:|--:|--:|--:|--:|--:|"
  awk '{ for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
         printf "| %s × (%s/s) | %s | %s | %s | %s | %s | %s | %s |\n", value["times"], value["offered_per_second"], value["deadline_ms"], value["out_per_second"], value["of_pace"], value["sent_per_second"], value["gave_up"], value["refused"], value["alone_ms"] }' "$lines"
} > OVERLOAD.md
cat OVERLOAD.md
