#!/usr/bin/env bash
# `build-image.sh TAG`: builds the image of gameday without a registry, on a base made of what this machine has: its Node, util-linux
# and a shell. `npm run build` comes first.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: build-image.sh TAG" >&2; exit 2; }
tag=$1
docker=${GAMEDAY_DOCKER:-docker}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e dist/main.js ] || { echo "build-image: run \`npm run build\` first" >&2; exit 1; }

programs=()
for program in node unshare setpriv nsenter; do programs+=("$(readlink -f "$(command -v "$program")")"); done
base=${tag%%:*}-base:local
GAMEDAY_REAL_AGENT=none PROGRAMS="${programs[*]}" scripts/make-image.sh "$base" dash
DOCKER_BUILDKIT=0 "$docker" build --quiet --build-arg BASE="$base" --tag "$tag" . 2>/dev/null
"$docker" image rm "$base" >/dev/null
