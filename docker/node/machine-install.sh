#!/bin/sh
# What makes a Debian container pass for a VM, while its image is built: systemd, sshd and three users.
#   root     by key
#   ops      may become root without a password, and use the engine where there is one
#   visitor  may do neither
set -eu

export DEBIAN_FRONTEND=noninteractive
# Nothing starts while the image is built.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update
# iptables: of its two kinds one must be chosen by what the kernel has, before an engine starts.
apt-get install -y --no-install-recommends \
  ca-certificates curl dbus iproute2 iptables openssh-server procps sudo systemd systemd-sysv
rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_*
# An empty one is filled at the first start; without the file systemd asks on a console that nobody sees.
: > /etc/machine-id
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*
systemctl enable ssh.service

useradd --create-home --shell /bin/bash --groups sudo ops
useradd --create-home --shell /bin/bash visitor
printf '%%sudo ALL=(ALL) NOPASSWD: ALL\n' > /etc/sudoers.d/without-password
chmod 440 /etc/sudoers.d/without-password
