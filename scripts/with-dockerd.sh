#!/usr/bin/env bash
# `with-dockerd.sh COMMAND...`: runs a command beside a Docker engine of its own (root, Debian), whose files all lie in a
# temporary folder, and ends the engine with it. The engine needs no init system, no bridge and no firewall.
# What is missing is installed only where CI or GAMEDAY_REQUIRE_TOOLS says that the machine may be changed.
# Nothing is left behind: no container, process, mount, control group or folder. An engine that does not start is an error.
set -uo pipefail
[ $# -gt 0 ] || { echo "usage: with-dockerd.sh COMMAND..." >&2; exit 2; }

say() { echo "with-dockerd: $*" >&2; }

missing=()
command -v dockerd >/dev/null && command -v docker >/dev/null || missing+=(docker.io)
command -v busybox >/dev/null || missing+=(busybox-static)
command -v tini >/dev/null || missing+=(tini)
command -v git >/dev/null || missing+=(git)

# Debian's package would start an engine of its own, with a bridge and firewall rules, where no policy forbids it.
installed() {
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then
    ours=1
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  local apt=(apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
  export DEBIAN_FRONTEND=noninteractive
  { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; } >&2 </dev/null
  local code=$?
  [ -z "$ours" ] || rm -f "$policy"
  return "$code"
}

if [ "${#missing[@]}" -gt 0 ]; then
  if [ -z "${CI:-}" ] && [ "${GAMEDAY_REQUIRE_TOOLS:-}" != 1 ]; then
    say "missing: ${missing[*]}"
    exit 1
  fi
  say "installing ${missing[*]}"
  installed "${missing[@]}" || { say "these could not be installed: ${missing[*]}"; exit 1; }
fi
[ "$(id -u)" -eq 0 ] || { say "an engine can be started by root only"; exit 1; }

# Short: a socket's path has 107 characters.
base=${TMPDIR:-/tmp}
[ "${#base}" -lt 40 ] || base=/tmp
place=$(mktemp -d "$base/gdd.XXXXXX")
group=/${place##*/}
engine=
command=
cli=docker

# What the engine makes outside of its folder, whatever it is told; it goes if it was not there before.
strays=()
for path in /etc/docker/key.json /etc/docker /run/docker/plugins /run/docker /run/containerd/s /run/containerd; do
  [ -e "$path" ] || strays+=("$path")
done

# end PID SECONDS: asks a child to end, and makes it.
end() {
  kill -TERM "$1" 2>/dev/null || return 0
  for _ in $(seq "$(($2 * 10))"); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# The control groups of the containers outlive them.
swept() {
  find /sys/fs/cgroup -maxdepth 3 -path "*$group" -type d 2>/dev/null | while read -r folder; do
    find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null
  done
}
export group
export -f swept
# Where the engine lives, if not beside this script.
inside=()

ended() {
  trap '' TERM INT
  [ -z "$command" ] || end "$command" 10
  if [ -n "$engine" ]; then
    local id
    for id in $(timeout 20 "$cli" ps --all --quiet 2>/dev/null); do
      timeout 20 "$cli" rm --force "$id" >/dev/null 2>&1
    done
    # It ends its containerd with itself.
    end "$engine" 20
  fi
  grep -F " $place/" /proc/self/mounts | cut -d ' ' -f 2 | sort -r | while read -r mount; do umount -l "$mount"; done
  "${inside[@]}" bash -c swept
  for path in "${strays[@]}"; do
    if [ -d "$path" ]; then rmdir "$path" 2>/dev/null; else rm -f "$path"; fi
  done
  rm -rf "$place"
}

export DOCKER_HOST=unix://$place/docker.sock
# Nobody's settings: a proxy of theirs would stand between the agents and the rig.
export DOCKER_CONFIG=$place/client
unset DOCKER_CONTEXT DOCKER_API_VERSION DOCKER_TLS_VERIFY DOCKER_CERT_PATH
trap ended EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

echo '{}' >"$place/settings.json"
# Where no control groups are mounted at all, the engine gets them in a mount namespace that ends with it.
groups() {
  local name mounted=
  mount -t tmpfs -o mode=755 groups /sys/fs/cgroup || return 1
  for name in $(awk '$4 == 1 { print $1 }' /proc/cgroups); do
    mkdir "/sys/fs/cgroup/$name"
    if mount -t cgroup -o "$name" "$name" "/sys/fs/cgroup/$name" 2>/dev/null; then mounted=1; else rmdir "/sys/fs/cgroup/$name"; fi
  done
  [ -n "$mounted" ] || mount -t cgroup2 groups /sys/fs/cgroup
}
if [ -z "$(ls -A /sys/fs/cgroup 2>/dev/null)" ]; then
  say "no control groups are mounted; the engine mounts its own"
  export -f groups
  inside=(unshare --mount --propagation private bash -c 'groups; exec "$@"' engine)
fi

# A session of its own: a Ctrl-C ends the command first, then what it stands on. Whatever kills this script, the engine ends too.
setsid setpriv --pdeathsig TERM "${inside[@]}" dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs \
  --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "$group" \
  --config-file "$place/settings.json" --data-root "$place/data" --exec-root "$place/exec" --pidfile "$place/pid" \
  --host "$DOCKER_HOST" >"$place/log" 2>&1 </dev/null &
engine=$!

# A client that is much newer than the engine does not talk to it; Debian's own does.
answers() {
  for cli in docker /usr/bin/docker; do
    timeout 20 "$cli" version >/dev/null 2>&1 && return 0
  done
  return 1
}

for _ in $(seq 120); do
  answers && ready=1 && break
  kill -0 "$engine" 2>/dev/null || break
  sleep 0.5
done
if [ -z "${ready:-}" ]; then
  say "the engine did not start (kernel $(uname -r)); its last words:"
  tail -n 20 "$place/log" >&2
  exit 1
fi
export GAMEDAY_DOCKER=$cli
say "engine $("$cli" version --format '{{.Server.Version}}') runs"

"$@" &
command=$!
wait "$command"
code=$?
command=
exit "$code"
