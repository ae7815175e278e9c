#!/bin/sh
# Brings a Docker engine onto a machine by the system's own packages, starts it now and at every boot, and lets one user use
# it. Runs as root; may be run again: what is there is left alone. Read by src/machines/install-engine.ts.
# Argument: the user who logs in.
# Prints what it does as it does it; then lines `engine=VERSION`, `changed=yes|no`, `group=added|there|needless`.
# Exit status: 0 done, 3 not for this system, 4 packages, 5 the engine does not start; the last line of stderr says why.

START_LIMIT_S=60
CHANGED=no

have() {
  command -v "$1" >/dev/null 2>&1
}

# refuse STATUS WORDS
refuse() {
  printf '%s\n' "$2" >&2
  exit "$1"
}

# A program's own output is progress; why it failed is its last line that says something.
# try STATUS WHAT COMMAND…
try() {
  status=$1 what=$2
  shift 2
  log=$(mktemp) || refuse 4 'no temporary file can be made'
  { "$@" 2>&1; echo "$?" >"$log.status"; } | tee "$log"
  ended=$(cat "$log.status")
  words=$(grep -E '^(E:|Error|error)|[Uu]nable|[Ff]ailed|No space' "$log" | tail -n 1)
  [ -n "$words" ] || words=$(grep -v '^ *$' "$log" | tail -n 1)
  rm -f "$log" "$log.status"
  [ "$ended" = 0 ] || refuse "$status" "$what: $words"
  CHANGED=yes
}

engine_version() {
  version=$(LC_ALL=C timeout 5 docker version --format '{{.Server.Version}}' 2>/dev/null) && printf '%s' "$version"
}

install_with_apt() {
  export DEBIAN_FRONTEND=noninteractive
  # Another apt may be at work, as after the first boot of a VM.
  wait_for_apt='-o DPkg::Lock::Timeout=120'
  # shellcheck disable=SC2086
  try 4 'apt-get update' apt-get -q $wait_for_apt update
  packages=
  have dockerd || packages='docker.io iptables'
  # From Debian 13 on the command line is a package of its own.
  if ! have docker && apt-cache show docker-cli 2>/dev/null | grep -q '^Filename:'; then packages="$packages docker-cli"; fi
  [ -n "$packages" ] || packages=docker.io
  # shellcheck disable=SC2086
  try 4 "apt-get install $packages" apt-get -q -y $wait_for_apt install --no-install-recommends $packages
}

install_with_dnf() {
  tool=dnf
  have dnf || tool=yum
  have "$tool" || refuse 4 'neither dnf nor yum is there'
  # On RHEL and its kin `docker` is Podman under another name: only Amazon has the engine under it.
  case $1 in
    amzn) names=docker ;;
    *) names='moby-engine docker-ce' ;;
  esac
  for name in $names; do
    if "$tool" -q list --available "$name" >/dev/null 2>&1 || "$tool" -q list --installed "$name" >/dev/null 2>&1; then
      package=$name
      break
    fi
  done
  [ -n "${package:-}" ] || refuse 3 "its packages hold no Docker engine (asked for: $names)"
  try 4 "$tool install $package" "$tool" -y install "$package"
  have docker && return
  for name in docker-cli docker-ce-cli moby-engine-cli; do
    "$tool" -q list --available "$name" >/dev/null 2>&1 && try 4 "$tool install $name" "$tool" -y install "$name" && return
  done
}

# Containers must not send larger packets than the machine's own network carries. Before the first start only.
write_mtu() {
  interface=$(ip -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  mtu=$(cat "/sys/class/net/$interface/mtu" 2>/dev/null)
  [ "${mtu:-1500}" -lt 1500 ] || return
  [ -e /etc/docker/daemon.json ] && return
  mkdir -p /etc/docker && printf '{"mtu": %s}\n' "$mtu" >/etc/docker/daemon.json
  echo "its network carries $mtu bytes: written to /etc/docker/daemon.json"
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    if [ "$(systemctl is-enabled docker.service 2>/dev/null)" != enabled ]; then
      try 5 'systemctl enable docker' systemctl enable docker.service
    fi
    [ -n "$(engine_version)" ] && return
    echo 'starting the engine'
    try 5 'systemctl start docker' systemctl start docker.service
  elif [ -z "$(engine_version)" ]; then
    echo 'starting the engine'
    have service || refuse 5 'there is neither systemd nor the program "service" to start it with'
    try 5 'service docker start' service docker start
  fi
}

wait_for_engine() {
  waited=0
  until [ -n "$(engine_version)" ]; do
    if [ "$waited" -ge "$START_LIMIT_S" ]; then
      words=$(LC_ALL=C timeout 5 docker version 2>&1 | tail -n 1)
      refuse 5 "the engine does not answer after $START_LIMIT_S s: $words"
    fi
    waited=$((waited + 1))
    sleep 1
  done
}

permit() {
  if [ "$1" = root ] || [ -z "$1" ]; then
    echo 'group=needless'
  elif id -Gn "$1" 2>/dev/null | tr ' ' '\n' | grep -qx docker; then
    echo 'group=there'
  else
    getent group docker >/dev/null || groupadd --system docker || refuse 4 'the group docker cannot be made'
    usermod -aG docker "$1" || refuse 4 "the user $1 cannot be added to the group docker"
    CHANGED=yes
    echo 'group=added'
  fi
}

main() {
  export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
  [ "$(id -u)" = 0 ] || refuse 4 'this needs root'
  if ! have dockerd || ! have docker; then
    ID='' ID_LIKE='' PRETTY_NAME=''
    # shellcheck disable=SC1091
    if [ -r /etc/os-release ]; then . /etc/os-release; fi
    have dockerd || write_mtu
    case " $ID $ID_LIKE " in
      *' debian '* | *' ubuntu '*) install_with_apt ;;
      *' fedora '* | *' rhel '* | *' centos '* | *' amzn '*) install_with_dnf "$ID" ;;
      *) refuse 3 "${PRETTY_NAME:-this system} is none whose packages are known here" ;;
    esac
  fi
  start_engine
  wait_for_engine
  permit "$1"
  echo "changed=$CHANGED"
  echo "engine=$(engine_version)"
}

# The script itself comes on standard input: nothing in it may read that.
main "$@" </dev/null
