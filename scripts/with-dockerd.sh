#!/usr/bin/env bash
# `with-dockerd.sh COMMAND...`: runs a command beside a Docker engine of its own (root, Debian), whose files all lie in a
# temporary folder, and ends the engine with it. The engine needs no init system, no bridge and no firewall.
# What is missing is installed only where CI or GAMEDAY_REQUIRE_TOOLS says that the machine may be changed.
set -uo pipefail
[ $# -gt 0 ] || { echo "usage: with-dockerd.sh COMMAND..." >&2; exit 2; }

say() { echo "with-dockerd: $*" >&2; }

missing=()
command -v dockerd >/dev/null && command -v docker >/dev/null || missing+=(docker.io)
command -v busybox >/dev/null || missing+=(busybox-static)
command -v tini >/dev/null || missing+=(tini)
if [ "${#missing[@]}" -gt 0 ]; then
  if [ -z "${CI:-}" ] && [ "${GAMEDAY_REQUIRE_TOOLS:-}" != 1 ]; then
    say "missing: ${missing[*]}"
    exit 1
  fi
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >&2 </dev/null || exit 1
fi

# Short: a socket's path has 107 characters.
place=$(mktemp -d /tmp/gdd.XXXXXX)
engine=
ended() {
  local id
  for id in $(docker ps --all --quiet 2>/dev/null); do docker rm --force "$id" >/dev/null 2>&1; done
  if [ -n "$engine" ]; then
    # It ends its containerd with itself.
    kill -TERM "$engine" 2>/dev/null
    wait "$engine" 2>/dev/null
  fi
  grep -F " $place/" /proc/self/mounts | cut -d ' ' -f 2 | sort -r | while read -r mount; do umount "$mount"; done
  rm -rf "$place"
}

export DOCKER_HOST=unix://$place/docker.sock
unset DOCKER_CONTEXT
trap ended EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

# A session of its own: a Ctrl-C ends the command first, then what it stands on.
setsid dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs \
  --data-root "$place/data" --exec-root "$place/exec" --pidfile "$place/pid" --host "$DOCKER_HOST" \
  >"$place/log" 2>&1 </dev/null &
engine=$!

for _ in $(seq 120); do
  docker version >/dev/null 2>&1 && ready=1 && break
  kill -0 "$engine" 2>/dev/null || break
  sleep 0.5
done
if [ -z "${ready:-}" ]; then
  say "the engine did not start:"
  tail -n 20 "$place/log" >&2
  exit 1
fi
say "engine $(docker version --format '{{.Server.Version}}') runs"

"$@" &
command=$!
trap 'kill -TERM "$command" 2>/dev/null; wait "$command"; exit 143' TERM
wait "$command"
