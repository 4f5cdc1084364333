#!/usr/bin/env bash
# Whole runs of broadcasts: how long a million recipients take to plan and in how much memory, and what the journal adds to sends at 50 ms.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/WeChat.UnionPush.TestHost -c Release -v q -nologo
host="dotnet tests/WeChat.UnionPush.TestHost/bin/Release/net10.0/WeChat.UnionPush.TestHost.dll"
folder=$(mktemp -d)
trap 'kill "$platform" 2>/dev/null || true; rm -rf "$folder"' EXIT
platform=

for people in 10000 1000000; do
    $host plan "sqlite:$folder/plan-$people.db" "$people"
done

people=${1:-20000}
$host platform "$people" >"$folder/platform" &
platform=$!
until grep -q http "$folder/platform"; do sleep 0.2; done
address=$(head -1 "$folder/platform")
curl -s -X POST "$address/control/quota/100000000" -d ''
curl -s -X POST "$address/control/latency/50" -d ''
$host fill "$address" "sqlite:$folder/send.db" "$people"
$host measure-broadcast "$address" "sqlite:$folder/send.db" "$people" --bare
$host measure-broadcast "$address" "sqlite:$folder/send.db" "$people"
