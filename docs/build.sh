#!/usr/bin/env bash
# Builds the documentation site into artifacts/site: the guides in English and Chinese, and the API reference of all packages.
# It is made from the Release build of the packages; --no-build takes the one that is there. Needs no network beside the tool itself.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

[ "${1:-}" = --no-build ] || dotnet msbuild .ci/Ship.proj -restore -t:Build -m -nologo -verbosity:minimal -p:Configuration=Release

dotnet tool restore >/dev/null
rm -rf artifacts/docs artifacts/site
dotnet run docs/site/Site.cs -- source artifacts/docs
dotnet docfx metadata artifacts/docs/docfx.json --warningsAsErrors --logLevel warning
dotnet docfx build artifacts/docs/docfx.json --warningsAsErrors --logLevel warning
dotnet docfx build artifacts/docs/zh-CN/docfx.json --warningsAsErrors --logLevel warning
dotnet run docs/site/Site.cs -- check artifacts/site
