#!/usr/bin/env bash
# `make-image.sh TAG SHELL [INSTRUCTION...]`: makes an image without any network, from what this machine has: a static BusyBox, dash,
# bash, git, tini and the agent ($GAMEDAY_REAL_AGENT, else `buildkite-agent` on PATH), each with its libraries.
# $PROGRAMS are put into /usr/local/bin beside them; with GAMEDAY_REAL_AGENT=none there is no agent.
# SHELL (dash, bash or busybox) is what /bin/sh is in it; an INSTRUCTION is one of a Dockerfile, such as `STOPSIGNAL SIGQUIT`.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: make-image.sh TAG dash|bash|busybox [INSTRUCTION...]" >&2; exit 2; }
tag=$1
shell=$2
shift 2
docker=${GAMEDAY_DOCKER:-docker}
agent=${GAMEDAY_REAL_AGENT:-$(command -v buildkite-agent)}

root=$(mktemp -d "${TMPDIR:-/tmp}/image.XXXXXX")
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,etc/ssl/certs,proc,sys,dev,root,run,usr/bin,var} "$root/tmp"
chmod 755 "$root"
chmod 1777 "$root/tmp"

# put PROGRAM PLACE: the program and the libraries that it loads, each where it lies on this machine.
put() {
  local library
  install -m 755 "$1" "$root$2"
  for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ )]*' || true); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

put "$(command -v busybox)" /bin/busybox
while read -r applet; do ln -sf busybox "$root/bin/$applet"; done < <("$root/bin/busybox" --list | grep -v '^busybox$')
for program in dash bash; do
  rm -f "$root/bin/$program"
  put "$(command -v "$program")" "/bin/$program"
done
put "$(command -v git)" /usr/bin/git
put "$(command -v tini)" /usr/bin/tini
[ "$agent" = none ] || put "$(readlink -f "$agent")" /usr/bin/buildkite-agent
mkdir -p "$root/usr/local/bin"
for program in ${PROGRAMS:-}; do put "$program" "/usr/local/bin/${program##*/}"; done
ln -s /bin/busybox "$root/usr/bin/env"
ln -sf "$shell" "$root/bin/sh"

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
# Nobody is called over TLS; programs that look for the file find it.
: >"$root/etc/ssl/certs/ca-certificates.crt"

tar -C "$root" -cf - . | "$docker" import \
  --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin HOME=/root' \
  --change 'CMD ["buildkite-agent", "start"]' - "$tag"
[ $# -eq 0 ] && exit 0
# An import takes some instructions only; the old builder takes all of them, and runs nothing for these.
printf '%s\n' "FROM $tag" "$@" | DOCKER_BUILDKIT=0 "$docker" build --quiet --tag "$tag" - 2>/dev/null
