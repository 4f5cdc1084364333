#!/usr/bin/env bash
# Runs the whole-run programs and their bare twins in turn, several rounds, and writes the medians to RESULTS.md.
#   benchmarks/run.sh [rounds]            6 rounds unless told otherwise; an even number, so that each is as often the first as its twin
#   SENDS=50000 FOLLOWERS=200000          how much each run does
#   MICRO=1                               the BenchmarkDotNet classes as well, which takes some ten minutes more
#   UNIONPUSH_POSTGRESQL="Host=…;Database=…;Username=…"                   with PostgreSQL too, in schemas that are dropped afterwards
#   UNIONPUSH_MYSQL="Server=…;User ID=…"                                  and with MySQL or MariaDB, in databases that are dropped afterwards
set -euo pipefail
cd "$(dirname "$0")"

rounds=${1:-6}
sends=${SENDS:-50000}
followers=${FOLLOWERS:-200000}
latency=50
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null && wait || true; rm -rf "$work"' EXIT

dotnet build -c Release --nologo -v quiet WeChat.UnionPush.LoadTests
program=(dotnet WeChat.UnionPush.LoadTests/bin/Release/net10.0/WeChat.UnionPush.LoadTests.dll)

# The stand-in of the platform runs beside the programs for all rounds. Its first line is its address.
serve() {
  local line="$work/server-$1"
  shift
  mkfifo "$line"
  "${program[@]}" serve "$@" >"$line" &
  servers+=($!)
  read -r address <"$line"
}
serve fast --followers "$followers"
fast=$address
serve slow --latency "$latency"
slow=$address

twins() { # the bare program and the others, the first one first in odd rounds
  local order=("$@") i
  if ((round % 2 == 0)); then
    order=()
    for ((i = $#; i > 0; i--)); do order+=("${!i}"); done
  fi
  for i in "${order[@]}"; do run "$i"; done
}
run() {
  # shellcheck disable=SC2086
  "${program[@]}" $1 | tee -a "$work/lines"
}

# What a host that publishes with ReadyToRun gets: its code, the library's with it, is compiled before it starts.
dotnet publish -c Release --runtime linux-x64 --self-contained false -p:PublishReadyToRun=true --output "$work/readytorun" --nologo -v quiet WeChat.UnionPush.LoadTests

for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  for concurrency in 1 32; do
    at="$sends $concurrency --server $fast"
    twins "bare-send $at" "send $at" "push $at" "push $at --store sqlite" "raw-send $at" "send $at --telemetry trace" "send $at --telemetry opentelemetry"
    [[ -z ${UNIONPUSH_POSTGRESQL:-} ]] || run "push $at --store postgresql"
    [[ -z ${UNIONPUSH_MYSQL:-} ]] || run "push $at --store mysql"
  done
  for verb in bare-send push; do
    "$work/readytorun/WeChat.UnionPush.LoadTests" $verb 1 1 --server "$fast" | grep -v age=grown | sed 's/$/ build=ReadyToRun/' | tee -a "$work/lines"
  done
  twins "bare-sync $followers 4 --server $fast" "sync $followers 4 --server $fast"
  twins "bare-sync $followers 4 --server $fast --store sqlite" "sync $followers 4 --server $fast --store sqlite"
  [[ -z ${UNIONPUSH_MYSQL:-} ]] || twins "bare-sync $followers 4 --server $fast --store mysql" "sync $followers 4 --server $fast --store mysql"
  twins "bare-send 6400 64 --server $slow --latency $latency" "send 6400 64 --server $slow --latency $latency"
  [[ -z ${UNIONPUSH_MYSQL:-} ]] || run "push 6400 64 --server $slow --latency $latency --store mysql"
done

{
  echo "# Results"
  echo
  echo "Written by \`benchmarks/run.sh $rounds\`. Medians of $rounds rounds in which the library and its bare twin take turns against one stand-in of"
  echo "the platform on loopback, in a process of its own, on the same machine; in brackets the least and the most of the rounds' ratios. Bare is an"
  echo "\`HttpClient\` with source-generated JSON, a pooled buffer for the answer, and nothing else: no join, no retry, no renewed token, no pace, no"
  echo "telemetry; the library does all of that, with its metrics listened to. Every message is built anew for its call, on both sides. Raw is the bytes of a"
  echo "prepared request over sockets: the limit of the machine. CPU and bytes are those of the calling process."
  echo
  "${program[@]}" report "$work/lines"
} >"$work/results"

dotnet publish -c Release --runtime linux-x64 --output "$work/aot" --nologo -v quiet WeChat.UnionPush.AotSmoke
{
  echo "# Native AOT"
  echo
  echo "The whole flow on SQLite and the simulated platform (\`WeChat.UnionPush.AotSmoke\`, net8.0, linux-x64), in one program of $(du -m --apparent-size "$work/aot/WeChat.UnionPush.AotSmoke" | cut -f1) MB. From its start:"
  echo "$("$work/aot/WeChat.UnionPush.AotSmoke" | head -1)."
  echo
} >>"$work/results"

if [[ -n ${MICRO:-} ]]; then
  # Short runs of each but the loads, which have a job of their own.
  dotnet run -c Release --project WeChat.UnionPush.Benchmarks -- --filter '*AccessToken*' '*Answer*' '*Message*' '*PushBenchmarks*' '*LookUp*' --job short --exporters github --artifacts "$work/micro" >&2
  dotnet run -c Release --project WeChat.UnionPush.Benchmarks -- --filter '*Load*' --exporters github --artifacts "$work/micro" >&2
  {
    echo "# Stores"
    echo
    echo "Each store and the same work by hand on the same driver, in turns and in one process (\`dotnet run -- turns\`): medians."
    echo
    dotnet run -c Release --project WeChat.UnionPush.Benchmarks -- turns
    echo
    echo "# Hot paths one by one"
    for table in "$work"/micro/results/*-report-github.md; do
      name=${table##*WeChat.UnionPush.Benchmarks.}
      echo
      echo "## ${name%Benchmarks-report-github.md}"
      echo
      grep '^|' "$table"
    done
  } >>"$work/results"
fi

cp "$work/results" RESULTS.md
cat RESULTS.md
