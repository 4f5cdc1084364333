#!/usr/bin/env bash
# Runs all tests many times, in clones of what is committed, and shows whether a test fails once. It ends with 1 when one did.
#   tests/repeat.sh 20        twenty runs, one behind the other
#   tests/repeat.sh 20 2      two side by side, each of which is a load for the other
# Prints a line for each run. What a run that failed printed, and its results, stay in artifacts/repeat. For more load let something else run beside it, such as
# tests/fuzz.sh --hours 1.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:?how many runs}
lanes=${2:-1}
results=$PWD/artifacts/repeat
rm -rf "$results"
mkdir -p "$results"

lane() { # which one; it takes every run whose number leaves it over
  local clone="$results/clone-$1" run log began failed=0
  git clone --quiet . "$clone"
  for ((run = $1; run <= runs; run += lanes)); do
    log="$results/run-$run.log"
    began=$SECONDS
    if "$clone/tests/run.sh" >"$log" 2>&1; then
      echo "run $run: $(tail -n 1 "$log"), $((SECONDS - began)) s"
      rm "$log"
    else
      failed=1
      mv "$clone/artifacts/test-results" "$results/run-$run" || true
      echo "run $run: $(tail -n 1 "$log"), $((SECONDS - began)) s, see $log"
    fi
  done
  rm -rf "$clone"
  return "$failed"
}

status=0
pids=()

# Each lane is a process group of its own, so that one that is stopped takes its tests with it.
trap 'for pid in "${pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done' EXIT
trap 'exit 130' INT TERM
set -m
for ((i = 1; i <= lanes; i++)); do
  lane "$i" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
exit "$status"
