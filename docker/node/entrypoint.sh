#!/bin/sh
# Makes a container fit to run a Docker engine, then becomes that engine. Arguments are passed to dockerd.
# PID 1 is the outer engine's init (--init): without one, dead containerd shims pile up.
set -eu
. /usr/local/lib/spark-swarm/cgroups.sh

if is_cgroup_v2; then nest_cgroup_v2; else mount_cgroup_v1; fi
share_mounts
choose_iptables

# Left behind by a node that was killed; dockerd would take them for a running engine.
rm -rf /run/docker.pid /run/docker.sock /run/docker /run/containerd /run/node/docker.sock

exec dockerd --host unix:///var/run/docker.sock --host unix:///run/node/docker.sock "$@"
