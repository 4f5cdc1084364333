#!/usr/bin/env bash
# Feeds everything in the library that reads what others wrote with changed inputs, guided by the branches they take. Fails when something was found.
#   tests/fuzz.sh --seconds 60      over all targets; prints the seed, with which --seed goes the same way as far as time allows
#   tests/fuzz.sh --hours 1 --save  the long form; --save keeps in tests/WeChat.UnionPush.Fuzz/Corpus what reached new branches
#   tests/fuzz.sh --target NAME --replay FILE
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build tests/WeChat.UnionPush.Fuzz --configuration Release --nologo -v quiet
exec dotnet tests/WeChat.UnionPush.Fuzz/bin/Release/net10.0/WeChat.UnionPush.Fuzz.dll "$@"
