#!/usr/bin/env bash
# Runs all tests on a Debian or Ubuntu machine with the .NET 10 SDK. Installs the servers that the tests start for themselves (PostgreSQL),
# fails when a test fails or skips, and ends with one line of totals counted from the results.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

have_postgres() { command -v initdb >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

if ! have_postgres; then
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update
  # Only the binaries: the tests start a private instance of their own, so the system's cluster is neither made nor started.
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install --yes --no-install-recommends postgresql
fi

results=artifacts/test-results
rm -rf "$results"
status=0
# No test takes minutes, so a run in which none ends for ten has a test that hangs: it is named and fails.
UNIONPUSH_REQUIRE_SERVERS=1 dotnet test --configuration Release --logger trx --results-directory "$results" --blame-hang-timeout 10m --blame-hang-dump-type none "$@" || status=$?

count() { grep -ho "<Counters [^>]*" "$results"/*.trx 2>/dev/null | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ sum += $1 } END { print sum + 0 }'; }
total=$(count total)
passed=$(count passed)
executed=$(count executed)
failed=$(count failed)
skipped=$((total - executed))

if [ "$skipped" -gt 0 ]; then
  echo "$skipped tests were skipped, and this command is there to run all of them."
  status=1
fi

# A failure outside a test (a fixture's clean-up) shows in the exit code only.
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
  failed=1
fi

[ "$passed" -gt 0 ] || status=1
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
