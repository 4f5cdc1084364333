#!/usr/bin/env bash
# Takes back the fix of one fault at a time, in a scratch clone, and shows that a test fails then. Each patch of tests/Reverts is such a fault; its first lines say
# what it is and which test classes are to notice it. Ends with one line of totals, and fails when a fault is not noticed.
#   tests/reverts.sh [name ...]      all of them, in about an hour on two cores, or those that are named
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone --quiet . "$scratch/clone"
cp -r tests/Reverts "$scratch/reverts"
cd "$scratch/clone"

project=tests/WeChat.UnionPush.Tests
build() { dotnet build "$project" -p:RunAnalyzers=false --nologo -v quiet >"$scratch/build.log" 2>&1; }
run() { # the test classes of a patch
  local filters=()
  for class in $(sed -n 's/^Tests: //p' "$1"); do filters+=(-class "*.$class"); done

  # A fault may make a test wait for ever.
  timeout 300 dotnet "$project/bin/Debug/net10.0/WeChat.UnionPush.Tests.dll" -noColor "${filters[@]}" >"$scratch/run.log" 2>&1
}

patches=()
if [ $# -gt 0 ]; then
  for name in "$@"; do patches+=("$scratch/reverts/$name.patch"); done
else
  patches=("$scratch"/reverts/*.patch)
fi

build || { cat "$scratch/build.log"; exit 1; }
noticed=0
missed=0
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  fault=$(sed -n 's/^Fault: //p' "$patch")
  if ! git apply "$patch" 2>"$scratch/apply.log"; then
    result="DOES NOT APPLY: $(head -n 1 "$scratch/apply.log")"
  else
    if ! build; then
      result="DOES NOT BUILD: $(grep -m 1 'error' "$scratch/build.log" || true)"
    elif run "$patch" && status=0 || status=$?; [ "$status" -eq 0 ]; then
      result="NOT NOTICED"
    elif [ "$status" -eq 124 ]; then
      result="noticed: the tests come to no end"
    elif failed=$(grep -c '\[FAIL\]' "$scratch/run.log"); then
      # The tests without the fault pass in every run of all tests.
      result="noticed by $failed: $(grep -m 1 -o '[A-Za-z]\+Tests\.[A-Za-z0-9_]*' <(grep '\[FAIL\]' "$scratch/run.log"))"
    else
      result="DID NOT RUN: $(tail -n 1 "$scratch/run.log")"
    fi
    git apply --reverse "$patch"
  fi
  case "$result" in noticed*) noticed=$((noticed + 1)) ;; *) missed=$((missed + 1)) ;; esac
  printf '%-22s %s\n%-22s   %s\n' "$name" "$fault" "" "$result"
done

echo "$noticed faults noticed, $missed not"
[ "$missed" -eq 0 ]
