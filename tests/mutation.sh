#!/usr/bin/env bash
# Changes the core in small ways, one at a time, and shows which changes no test notices. One run for each room (folder of src/WeChat.UnionPush), with the tests
# of that room; tests that start processes or servers, or run long, are left out. Prints one line a room; the reports are in artifacts/mutation/<room>.
#   tests/mutation.sh ROOM ...             whole rooms, such as Concurrency Followers
#   tests/mutation.sh --changed [BASE]     only the files of the core that changed since BASE (main when it is not given)
# What was found so far stands in tests/MUTATION.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# The build of the project has its own check of the style; here it would only cost time.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 RunAnalyzers=false
core=src/WeChat.UnionPush

usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }

# The tests of a room: those of its namespace, and those that are known to say more about it.
tests_of() {
  local tests="FullyQualifiedName~WeChat.UnionPush.Tests.$1."
  case "$1" in
    Concurrency) tests="$tests|FullyQualifiedName~.StopTests." ;;
    Push) tests="$tests|FullyQualifiedName~.HeldPushTests." ;;
    Storage) tests="FullyQualifiedName~.InMemory" ;;
    MiniPrograms | Identities | Receipts) tests="$tests|FullyQualifiedName~.PushTests." ;;
  esac
  # Chaos and towns run for long, and what they notice is noticed by smaller tests or is a gap. The others start servers or processes.
  local left_out="" name
  for name in Chaos Town ManyMachines .Processes. .MySql .PostgreSql .EntityFramework .Redis .Erase Made_by_several_machines A_database_that_goes_away; do
    left_out="$left_out&FullyQualifiedName!~$name"
  done
  echo "($tests)$left_out"
}

count() { grep -oE "\"status\": ?\"$1\"" "$2" | wc -l; }

run() { # room, then the files, or none for all of the room
  local room=$1 results="artifacts/mutation/$1" report status=0 mutate=()
  shift
  if [ $# -eq 0 ]; then mutate=(--mutate "**/$room/**/*.cs"); fi
  for file in "$@"; do mutate+=(--mutate "**/${file#"$core"/}"); done
  rm -rf "$results"
  mkdir -p "$results"
  # From the tests' folder: beside a solution file it would take all of the solution.
  (cd tests && dotnet stryker --config-file stryker-config.json --skip-version-check --output "../$results" --test-case-filter "$(tests_of "$room")" "${mutate[@]}") \
    >"$results/run.log" 2>&1 || status=$?
  report="$results/reports/mutation-report.json"
  if [ "$status" -ne 0 ] || [ ! -e "$report" ]; then
    tail -n 20 "$results/run.log"
    echo "$room: the run failed; see $results/run.log"
    return 1
  fi

  local killed survived timeouts uncovered
  killed=$(count Killed "$report")
  survived=$(count Survived "$report")
  timeouts=$(count Timeout "$report")
  uncovered=$(count NoCoverage "$report")
  awk -v room="$room" -v k="$killed" -v s="$survived" -v t="$timeouts" -v n="$uncovered" 'BEGIN {
    all = k + s + t + n
    printf "%s: %d mutants, %d killed, %d survived, %d timeouts, %d without coverage, score %s\n", room, all, k, s, t, n, all ? sprintf("%.1f %%", 100 * (k + t) / all) : "none"
  }'

  # Were the tests blind to the changes altogether, every one would survive.
  if [ "$killed" -eq 0 ] && [ "$survived" -gt 20 ]; then
    echo "$room: no change was noticed, so the tests did not see them"
    return 1
  fi
}

[ $# -gt 0 ] || usage
dotnet tool restore >/dev/null
failed=0
if [ "$1" = --changed ]; then
  base=$(git merge-base "${2:-main}" HEAD)
  mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- "$core/*.cs")
  [ ${#changed[@]} -gt 0 ] || { echo "No file of the core changed."; exit 0; }
  while read -r room; do
    files=()
    for file in "${changed[@]}"; do case "$file" in "$core/$room"/*) files+=("$file") ;; esac; done
    run "$room" "${files[@]}" || failed=1
  done < <(printf '%s\n' "${changed[@]}" | cut -d/ -f3 | sort -u)
else
  for room in "$@"; do
    [ -d "$core/$room" ] || usage
    run "$room" || failed=1
  done
fi

exit "$failed"
