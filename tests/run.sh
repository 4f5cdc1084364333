#!/usr/bin/env bash
# Runs all tests on a Debian or Ubuntu machine with the .NET 10 SDK. Installs the servers that the tests start for themselves (PostgreSQL, MariaDB, Redis, RabbitMQ),
# fails when a test fails or skips, and ends with one line of totals counted from the results.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Only the binaries: the tests start private instances of their own, so the system's are neither made nor started.
install() {
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  [ -n "${updated:-}" ] || $sudo apt-get update
  updated=1
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install --yes --no-install-recommends "$@"
}

if ! { command -v initdb >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }; then
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  install postgresql
fi

# The browser and the second language of the simulator's tests.
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || install chromium
command -v node >/dev/null 2>&1 || install nodejs
command -v curl >/dev/null 2>&1 || install curl

if ! { command -v mariadb-install-db && command -v my_print_defaults && { command -v mariadbd || [ -x /usr/sbin/mariadbd ]; }; } >/dev/null 2>&1; then
  # Some releases of Ubuntu have the version in the names.
  if apt-cache show mariadb-server-core >/dev/null 2>&1; then
    install mariadb-server-core mariadb-client-core
  else
    install $(apt-cache search --names-only '^mariadb-(server|client)-core-[0-9.]+$' | cut -d' ' -f1)
  fi
fi

command -v redis-server >/dev/null 2>&1 || install redis-server

if ! { command -v rabbitmq-server >/dev/null 2>&1 || [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; }; then
  install rabbitmq-server

  # Where there is a service manager, it was started while it was installed. The tests start one of their own.
  if systemctl is-active --quiet rabbitmq-server 2>/dev/null; then $sudo systemctl disable --now rabbitmq-server; fi
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
