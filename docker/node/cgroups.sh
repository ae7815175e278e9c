# shellcheck shell=sh
# Makes a container fit to run a Docker engine: sourced by what becomes PID 1. Prints what the kernel lacks.

say() { echo "node: $*" >&2; }

# cgroup v1, without --privileged: docker mounted the hierarchies read-only. Mount those a container needs anew;
# one that the kernel lacks is left out, and dockerd says so in its log.
mount_cgroup_v1() {
  awk '$2 ~ "^/sys/fs/cgroup" { print $2 }' /proc/mounts | sort -r | while read -r mounted; do
    umount "$mounted" 2>/dev/null || true
  done
  mount -o remount,rw /sys 2>/dev/null || true
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  for controllers in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir -p "/sys/fs/cgroup/$controllers"
    mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers" 2>/dev/null || mount_joined "$controllers"
  done
  mkdir -p /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd 2>/dev/null || rmdir /sys/fs/cgroup/systemd
}

# A controller that the machine mounts together with others (cpu,cpuacct) can only be mounted together with them.
mount_joined() {
  joined=$(sed -n 's/^[0-9]*:\([^:]*\):.*/\1/p' /proc/self/cgroup | grep -E "(^|,)$1(,|\$)" || true)
  mount -t cgroup -o "${joined:-$1}" cgroup "/sys/fs/cgroup/$1" 2>/dev/null && return
  rmdir "/sys/fs/cgroup/$1"
  say "no cgroup controller $1"
}

# cgroup v2: a group with processes of its own cannot hand controllers to its children, so the processes move down.
# Source: moby hack/dind.
nest_cgroup_v2() {
  mount -o remount,rw /sys/fs/cgroup 2>/dev/null || true
  mkdir -p /sys/fs/cgroup/init
  for attempt in 1 2 3 4 5; do
    while read -r pid; do
      echo "$pid" > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
    done < /sys/fs/cgroup/cgroup.procs
    # A process may have started in between: then this fails, and all move once more.
    sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control \
      2>/dev/null && return
  done
  say "the cgroup controllers could not be enabled (attempt $attempt)"
}

is_cgroup_v2() { [ -f /sys/fs/cgroup/cgroup.controllers ]; }

# So that mounts made in a node are seen by its containers.
share_mounts() { mount --make-rshared / 2>/dev/null || say 'mounts are not shared'; }

# The machine's kernel may lack nf_tables.
choose_iptables() {
  iptables -nL >/dev/null 2>&1 && return
  update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
  update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy >/dev/null
}
