#!/usr/bin/env bash
# Whole runs of broadcasts: how long a million recipients take to plan and in how much memory, how a million are sent to, and what the journal adds to sends
# at 50 ms. BROADCASTS.md tells what came of it.
#   benchmarks/broadcasts.sh [rounds]     4 rounds of the last one unless told otherwise; some nine minutes
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-4}
dotnet build tests/WeChat.UnionPush.TestHost -c Release -v q -nologo
host="dotnet tests/WeChat.UnionPush.TestHost/bin/Release/net10.0/WeChat.UnionPush.TestHost.dll"
folder=$(mktemp -d)
platform=
trap 'kill "$platform" 2>/dev/null || true; rm -rf "$folder"' EXIT

serve() { # a platform of its own, with so many people
  [[ -z $platform ]] || kill "$platform"
  $host platform "$1" >"$folder/platform-$1" &
  platform=$!
  until grep -q http "$folder/platform-$1"; do sleep 0.2; done
  address=$(head -1 "$folder/platform-$1")
  curl -s -X POST "$address/control/quota/100000000" -d ''
}
fill() { $host fill "$address" "sqlite:$folder/$1.db" "$2" >"$folder/filled"; }
measure() { $host measure-broadcast "$address" "sqlite:$folder/$1.db" "${@:2}"; }

for people in 10000 1000000; do
  $host plan "sqlite:$folder/plan-$people.db" "$people"
done

for people in 10000 1000000; do
  serve "$people"
  fill "all-$people" "$people"
  measure "all-$people" "$people"
done

people=20000
serve "$people"
curl -s -X POST "$address/control/latency/50" -d ''
for ((round = 1; round <= rounds; round++)); do
  fill "round-$round" "$people"
  if ((round % 2)); then
    measure "round-$round" "$people" --bare
    measure "round-$round" "$people"
  else
    measure "round-$round" "$people"
    measure "round-$round" "$people" --bare
  fi
done
