#!/usr/bin/env bash
# Changes the core in small ways, one at a time, and shows which changes no test notices.
#   tests/mutation.sh ROOM ...             rooms (folders of src/WeChat.UnionPush, Reach for Push/Reach, Shared for src/Shared), such as Concurrency Followers
#   tests/mutation.sh --numbers ROOM ...   other numbers instead: each limit, count and time becomes the next one
#   tests/mutation.sh --again ROOM ...     only what no test noticed when these rooms ran the last time: for tests that were added since; --numbers may stand before it
#   tests/mutation.sh --changed [BASE]     only the files of the core that changed since BASE (main when it is not given), for three minutes a room at most
# Stryker places the changes, all in one library and all switched off; tests/WeChat.UnionPush.Mutation switches one on at a time and runs the tests that reach it.
# Prints one line a room; artifacts/mutation/<room>.tsv has a line for each change. What was found so far stands in tests/MUTATION.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# The build of the project has its own check of the style; here it would only cost time.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 RunAnalyzers=false
core=src/WeChat.UnionPush
results=artifacts/mutation
placed="$results/placed"
library=tests/WeChat.UnionPush.Tests/bin/Release/net10.0
runner=tests/WeChat.UnionPush.Mutation/bin/Release/net10.0/WeChat.UnionPush.Mutation.dll

usage() { sed -n '3,6s/^# \{0,1\}//p' "$0"; exit 2; }

# What the placed changes depend on.
sources() { git ls-files -z --cached --others --exclude-standard -- "$core/*.cs" 'src/Shared/*.cs' tests/stryker-config.json | xargs -0 sha256sum | sha256sum; }

# What was built without changes, in its place again: Stryker leaves it beside the library, and does not put it back when it is stopped.
put_back() { if [ -e "$library/WeChat.UnionPush.dll.stryker-unchanged" ]; then mv "$library/WeChat.UnionPush.dll.stryker-unchanged" "$library/WeChat.UnionPush.dll"; fi; }

# Leaves the library with all changes, and the list of them, in $placed.
place() {
  if [ -e "$placed/sources" ] && [ "$(cat "$placed/sources")" = "$(sources)" ]; then return; fi
  rm -rf "$placed"
  mkdir -p "$placed"
  dotnet tool restore >/dev/null
  # It wants to run tests: one that comes through nothing of the core. From the tests' folder, for beside a solution it would take all of it.
  (cd tests && exec dotnet stryker --config-file stryker-config.json --skip-version-check --output "../$placed" --test-case-filter 'FullyQualifiedName~.ManualTimeProviderTests.') \
    >"$placed/run.log" 2>&1 &
  stryker=$!
  trap 'pkill -P "$stryker" || true; kill "$stryker" 2>/dev/null || true; put_back' EXIT
  until grep -q 'mutants created' "$placed/run.log" || ! kill -0 "$stryker" 2>/dev/null; do sleep 1; done
  if kill -0 "$stryker" 2>/dev/null; then cp "$library"/WeChat.UnionPush.{dll,pdb} "$placed"; fi
  if ! wait "$stryker" || [ ! -e "$placed/reports/mutation-report.json" ] || [ ! -e "$placed/WeChat.UnionPush.dll" ]; then
    tail -n 20 "$placed/run.log"
    echo "The changes could not be placed; see $placed/run.log"
    exit 1
  fi
  put_back
  trap - EXIT
  sources >"$placed/sources"
}

# The same for numbers, in a copy of the source. A line that does not compile with a change stays as it is.
place_numbers() {
  if [ -e "$placed/sources" ] && [ "$(cat "$placed/sources")" = "$(sources)" ]; then return; fi
  rm -rf "$placed"
  mkdir -p "$placed/reports"
  without=()
  for _ in 1 2 3 4 5; do
    rm -rf "$placed/tree"
    mkdir "$placed/tree"
    git ls-files -z --cached --others --exclude-standard -- '*.props' '*.targets' '*.json' '*.md' '*.png' '.editorconfig' src .ci | xargs -0 cp --parents -t "$placed/tree"
    dotnet "$runner" numbers "$placed/tree" "$placed/reports/mutation-report.json" "${without[@]}"
    if dotnet build "$placed/tree/$core" --configuration Release --framework net10.0 -p:TreatWarningsAsErrors=false --nologo --verbosity quiet >"$placed/run.log" 2>&1; then
      cp "$placed/tree/$core/bin/Release/net10.0"/WeChat.UnionPush.{dll,pdb} "$placed"
      sources >"$placed/sources"
      return
    fi

    mapfile -t -O "${#without[@]}" without < <(sed -nE 's#.*/src/([^(]+)\(([0-9]+),.*: error.*#\1:\2#p' "$placed/run.log" | sort -u)
  done
  tail -n 20 "$placed/run.log"
  echo "The changes could not be placed; see $placed/run.log"
  exit 1
}

run() { # room, then the files below the core's folder, or none for all of the room
  if [ "$again" = 1 ]; then
    dotnet "$results/bin/WeChat.UnionPush.Mutation.dll" again "$1" "$placed/reports/mutation-report.json" "$results"
    return
  fi
  dotnet "$results/bin/WeChat.UnionPush.Mutation.dll" room "$1" "$placed/reports/mutation-report.json" "$results" "$minutes" "${@:2}"
}

[ $# -gt 0 ] || usage
kind=$1
[ "$kind" != --numbers ] || { shift; results=$results/numbers; placed=$results/placed; }
again=0
[ "${1:-}" != --again ] || { shift; again=1; }
rooms=("$@")
[ $# -gt 0 ] || [ "$kind" = --changed ] || usage
changed=()
minutes=1000
if [ "$kind" = --changed ]; then
  minutes=3
  base=$(git merge-base "${2:-main}" HEAD)
  mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- "$core/*/*.cs" | sed "s#^$core/##")
  [ ${#changed[@]} -gt 0 ] || { echo "No file of the core changed."; exit 0; }
  mapfile -t rooms < <(printf '%s\n' "${changed[@]}" | sed 's#^Push/Reach/#Reach/#' | cut -d/ -f1 | sort -u)
fi

for room in "${rooms[@]}"; do
  [ -d "$core/$room" ] || [ "$room" = Reach ] || [ "$room" = Shared ] || usage
  [ "$again" = 0 ] || [ -e "$results/$room.tsv" ] || { echo "$results/$room.tsv is not there: run the room once without --again."; exit 2; }
done
if [ "$kind" != --numbers ]; then place; fi
dotnet build tests/WeChat.UnionPush.Mutation --configuration Release --nologo --verbosity quiet
if [ "$kind" = --numbers ]; then place_numbers; fi
rm -rf "$results/bin"
cp -r "$(dirname "$runner")" "$results/bin"
cp "$placed"/WeChat.UnionPush.{dll,pdb} "$results/bin"

# Which tests come through which places is asked once for the same library and the same tests; it takes some six minutes. For what changed, only the tests of its rooms are asked.
covered="$(sha256sum "$results"/bin/WeChat.UnionPush*.dll)"
asked=()
if [ "$kind" = --changed ]; then
  asked=("${rooms[@]}")
  # What registers the callback, broadcasts and links is tested in their rooms.
  [[ " ${rooms[*]} " != *" DependencyInjection "* ]] || asked+=(Callbacks Broadcasts Links)
fi
if [ ! -e "$results/covered" ] || [[ "$(cat "$results/covered")" != "$covered for "@("all"|"${asked[*]:-all}") ]]; then
  dotnet "$results/bin/WeChat.UnionPush.Mutation.dll" cover "$results/coverage.json" "${asked[@]}" >"$results/cover.log"
  echo "$covered for ${asked[*]:-all}" >"$results/covered"
fi

failed=0
for room in "${rooms[@]}"; do
  # Of another room's files the list is given too; they are not the room's.
  run "$room" "${changed[@]}" || failed=1
done

exit "$failed"
