#!/bin/sh
# Prints what a machine is, as key=value lines; changes nothing. Read by src/machines/parse-facts.ts.
# Runs as the user who logs in (what that user may do is one of the facts) and uses `sudo -n` to look where it may.
# Every program may be missing, or hang; then its line is missing. `end=1` is the last line of a whole answer.

say() {
  [ -n "$2" ] && printf '%s=%s\n' "$1" "$2"
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# limited SECONDS COMMAND…
limited() {
  if have timeout; then timeout "$@"; else shift && "$@"; fi
}

# admin SECONDS COMMAND…: as root where that is allowed
admin() {
  seconds=$1 && shift
  if [ -n "$SUDO" ]; then limited "$seconds" sudo -n "$@"; else limited "$seconds" "$@"; fi
}

say_clock() {
  say clock "$(date +%s.%N 2>/dev/null)"
}

say_os() {
  for file in /etc/os-release /usr/lib/os-release; do
    [ -r "$file" ] && grep -E '^(ID|ID_LIKE|NAME|PRETTY_NAME|VERSION_ID|VERSION_CODENAME)=' "$file" | sed 's/^/os:/' && break
  done
  say kernel "$(uname -r 2>/dev/null)"
  say architecture "$(uname -m 2>/dev/null)"
  # What the engine takes as the node's name.
  say hostname "$(uname -n 2>/dev/null)"
  say machine-id "$(cat /etc/machine-id 2>/dev/null)"
  # One running kernel, one network in it: the same on no two machines, also where they are clones or containers.
  say host-id "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)/$(readlink /proc/self/ns/net 2>/dev/null)"
}

SUDO=
say_user() {
  say user "$(id -un 2>/dev/null)"
  say uid "$(id -u 2>/dev/null)"
  say groups "$(id -Gn 2>/dev/null)"
  [ "$(id -u 2>/dev/null)" = 0 ] && return
  if ! have sudo; then
    say sudo missing
  elif refusal=$(limited 3 sudo -n true 2>&1); then
    say sudo yes
    SUDO=yes
  else
    say sudo no
    say sudo-error "$(printf '%s\n' "$refusal" | head -n 1)"
  fi
}

INFO='{{.ServerVersion}}|{{.DockerRootDir}}|{{.Driver}}|{{.Swarm.LocalNodeState}}'
say_docker() {
  have docker && say docker-cli "$(limited 3 docker --version 2>/dev/null | head -n 1)"
  have dockerd && say dockerd "$(limited 3 dockerd --version 2>/dev/null | head -n 1)"
  if [ -d /run/systemd/system ]; then
    say docker-service "$(limited 3 systemctl is-active docker.service 2>/dev/null | head -n 1)"
  elif have pidof; then
    if pidof dockerd >/dev/null 2>&1; then say docker-service active; else say docker-service inactive; fi
  fi
  [ -S /var/run/docker.sock ] && say docker-socket present
  [ -w /var/run/docker.sock ] && say docker-socket writable
  info=
  if have docker; then
    answer=$(LC_ALL=C limited 3 docker info --format "$INFO" 2>&1)
    ended=$?
    info=$(printf '%s\n' "$answer" | grep '^[0-9][^|]*|' | head -n 1)
    if [ -n "$info" ]; then
      say docker-answer "${info%%|*}"
    elif [ "$ended" = 124 ]; then
      # It lets root wait as long, and the whole answer has 9 s.
      say docker-error 'docker info did not answer within 3 s'
    else
      say docker-error "$(printf '%s\n' "$answer" | grep -i -E 'denied|connect|refused|error' | head -n 1)"
      [ -n "$SUDO" ] && info=$(LC_ALL=C admin 3 docker info --format "$INFO" 2>/dev/null | grep '^[0-9][^|]*|')
    fi
  fi
  root=$(printf '%s' "$info" | cut -d'|' -f2)
  [ -n "$root" ] || root=$(sed -n 's/.*"data-root"[ ]*:[ ]*"\([^"]*\)".*/\1/p' /etc/docker/daemon.json 2>/dev/null | head -n 1)
  say_disk "${root:-/var/lib/docker}"
}

# The folder may not be there yet, or not be ours to see.
say_disk() {
  folder=$1
  while [ "$folder" != / ] && ! [ -d "$folder" ]; do folder=$(dirname "$folder"); done
  free=$(limited 3 df -Pk "$folder" 2>/dev/null | awk 'NR == 2 { print $4 }')
  say disk-folder "$1"
  say disk-free-kb "$free"
}

say_memory() {
  sed -n -e 's/^MemTotal: *\([0-9]*\) kB$/memory-total-kb=\1/p' -e 's/^MemAvailable: *\([0-9]*\) kB$/memory-free-kb=\1/p' \
    /proc/meminfo 2>/dev/null
}

mtu_of() {
  cat "/sys/class/net/$1/mtu" 2>/dev/null
}

say_network() {
  # SSH_CONNECTION: client's address and port, ours and our port.
  say connected-to "$(printf '%s' "${SSH_CONNECTION:-}" | cut -d' ' -f3)"
  if have ip; then
    ip -o addr show 2>/dev/null | awk '$3 ~ /^inet6?$/ { sub(/:$/, "", $2); sub(/@.*/, "", $2); print $2, $4 }' |
      while read -r interface address; do
        [ "$interface" = lo ] || say address "$interface $address $(mtu_of "$interface")"
      done
    route=$(ip -o route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  else
    for address in $(hostname -I 2>/dev/null); do say address "- $address"; done
    # Of IPv4 only; field 2 is the destination.
    route=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route 2>/dev/null)
  fi
  [ -n "$route" ] && say default-route "$route $(mtu_of "$route")"
}

# Who has the swarm's ports: `listen=tcp 2377 dockerd`. The program is missing where it cannot be seen, or is the kernel.
say_listeners() {
  looks=0
  found=$(find_listeners)
  # An engine that has just left its swarm closes them a moment later, or, when it was too busy for its farewell, never.
  while [ "${info##*|}" = inactive ] && [ $looks -lt 4 ] && printf '%s\n' "$found" | grep -q ' dockerd$'; do
    sleep 1
    looks=$((looks + 1))
    found=$(find_listeners)
  done
  printf '%s\n' "$found" | while read -r protocol port program; do
    [ "$protocol $port $program" = 'udp 4789 ' ] && is_left_by_docker && continue
    [ -z "$protocol" ] || say listen "$protocol $port $program"
  done
}

# `tcp 2377 dockerd`
find_listeners() {
  if have ss; then
    admin 3 ss -Hlntup 2>/dev/null | awk '
      { port = $5; sub(/.*:/, "", port); name = ""
        if (match($0, /\(\("[^"]*"/)) name = substr($0, RSTART + 3, RLENGTH - 4)
        print $1, port, name }'
  elif have netstat; then
    admin 3 netstat -lntup 2>/dev/null | awk '
      /^(tcp|udp)/ { port = $4; sub(/.*:/, "", port); name = $NF; if (name !~ /\//) name = ""; sub(/^[0-9]*\//, "", name)
        print substr($1, 1, 3), port, name }'
  else
    for protocol in tcp udp; do
      # Ports are hexadecimal there; 0A is a listening TCP socket.
      cat "/proc/net/$protocol" "/proc/net/${protocol}6" 2>/dev/null | awk -v protocol="$protocol" '
        protocol == "udp" || $4 == "0A" { port = $2; sub(/.*:/, "", port)
          if (port == "0949") print protocol, 2377; if (port == "1F0A") print protocol, 7946
          if (port == "12B5") print protocol, 4789 }'
    done
  fi | awk '($1 == "tcp" && ($2 == 2377 || $2 == 7946)) || ($1 == "udp" && ($2 == 7946 || $2 == 4789))' | sort -u
}

# What an engine leaves behind sometimes when its node leaves a swarm (seen with 26.1.5): a VXLAN in a namespace of its own,
# which holds the port until docker is restarted, and which the next swarm shares it with.
is_left_by_docker() {
  have ip && [ -z "$(ip -o link show type vxlan 2>/dev/null)" ] &&
    admin 3 ls /run/docker/netns 2>/dev/null | grep -q '^1-'
}

say_firewalls() {
  if have ufw && { admin 3 ufw status 2>/dev/null | grep -q '^Status: active'; }; then
    say firewall ufw
  elif grep -q '^ENABLED=yes' /etc/ufw/ufw.conf 2>/dev/null; then
    say firewall ufw
  fi
  if have firewall-cmd && [ "$(admin 3 firewall-cmd --state 2>/dev/null)" = running ]; then say firewall firewalld; fi
  if have iptables; then
    admin 3 iptables -S INPUT 2>/dev/null | grep -E -e '-P INPUT (DROP|REJECT)|-j (DROP|REJECT)' | head -n 4 |
      while read -r rule; do say firewall "iptables $rule"; done
  fi
  if have nft; then
    admin 3 nft list ruleset 2>/dev/null | grep -E 'hook input .*policy drop' | head -n 1 |
      while read -r rule; do say firewall "nft $rule"; done
  fi
}

kernel_config() {
  if [ -r /proc/config.gz ]; then
    gzip -dc /proc/config.gz 2>/dev/null
  else
    cat "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)/config" 2>/dev/null
  fi
}

# say_feature MODULE CONFIG: in the kernel or to be had; loads nothing.
say_feature() {
  modules="/lib/modules/$(uname -r)"
  config=$(kernel_config | grep -E "^(# )?$2[= ]" | head -n 1)
  if [ -d "/sys/module/$1" ] || grep -q "^$1 " /proc/modules 2>/dev/null; then
    say "$1" yes
  elif have modprobe && modprobe -n -q "$1" 2>/dev/null; then
    say "$1" yes
  elif grep -q "/$1\.ko" "$modules/modules.builtin" "$modules/modules.dep" 2>/dev/null; then
    say "$1" yes
  else
    case $config in
      "$2=y") say "$1" yes ;;
      "# $2 is not set") say "$1" no ;;
      *) if [ -r "$modules/modules.dep" ]; then say "$1" no; else say "$1" unknown; fi ;;
    esac
  fi
}

main() {
  export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
  say_clock
  say_os
  say_user
  say_docker
  say_memory
  say_network
  say_listeners
  say_firewalls
  say_feature vxlan CONFIG_VXLAN
  say_feature ip_vs CONFIG_IP_VS
  say end 1
}

# The script itself comes on standard input: nothing in it may read that.
main "$@" </dev/null
