#!/bin/sh
# Makes a container pass for a VM, then becomes systemd. Environment:
#   MACHINE_KEYS  lines for authorized_keys of every user
#   MACHINE_MTU   of the engine's own bridges, bytes; default: that of the machine's network
set -eu

. /usr/local/lib/spark-swarm/cgroups.sh

if is_cgroup_v2; then
  # systemd makes the groups itself.
  mount -o remount,rw /sys/fs/cgroup 2>/dev/null || true
else
  mount_cgroup_v1
  # systemd 257 takes nothing but cgroup v2 unless it is told twice.
  export SYSTEMD_PROC_CMDLINE='systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'
fi
share_mounts
choose_iptables

# At the first start: what was added later stays.
for user in root ops visitor; do
  home=$(getent passwd "$user" | cut -d: -f6)
  [ ! -e "$home/.ssh/authorized_keys" ] || continue
  install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
  printf '%s\n' "${MACHINE_KEYS:-}" > "$home/.ssh/authorized_keys"
  chown "$user:$user" "$home/.ssh/authorized_keys"
  chmod 600 "$home/.ssh/authorized_keys"
done

# Not in the image, so that no two machines have the same.
for type in ed25519 ecdsa; do
  [ -e "/etc/ssh/ssh_host_${type}_key" ] || ssh-keygen -q -t "$type" -N '' -f "/etc/ssh/ssh_host_${type}_key"
done

if [ -x /usr/bin/dockerd ] && [ ! -e /etc/docker/daemon.json ]; then
  interface=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  mtu=${MACHINE_MTU:-$(cat "/sys/class/net/${interface:-eth0}/mtu")}
  mkdir -p /etc/docker
  printf '{ "mtu": %s }\n' "$mtu" > /etc/docker/daemon.json
fi

export container=docker
unset MACHINE_KEYS MACHINE_MTU
exec /sbin/init
