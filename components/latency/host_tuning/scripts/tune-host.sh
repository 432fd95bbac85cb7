#!/bin/bash
# tune-host persist: write what lasts, once. tune-host apply: set what a restart forgets, at every start.
set -euo pipefail
# shellcheck source=/dev/null
. /etc/trading/host.env

persist() {
  dnf install -y -q chrony ethtool nftables
  grubby --update-kernel=ALL --args="$(kernel_arguments)"
  systemctl mask --now irqbalance.service
  install -d /etc/systemd/system.conf.d /etc/systemd/system/trading-engine.service.d
  printf '[Manager]\nCPUAffinity=%s\n' "$HOUSEKEEPING_CPUS" > /etc/systemd/system.conf.d/housekeeping.conf
  printf '[Service]\nCPUAffinity=%s\nLimitMEMLOCK=infinity\n' "$ISOLATED_CPUS" \
    > /etc/systemd/system/trading-engine.service.d/cores.conf
  kernel_settings
  clock
  firewall
  units
}

kernel_arguments() {
  # Only those that the kernel was built for: it would pass an unknown one on to init.
  local argument
  for argument in $KERNEL_ARGUMENTS; do
    if /usr/local/sbin/kernel-offers "$argument"; then
      printf '%s ' "$argument"
    fi
  done
}

kernel_settings() {
  cat > /etc/sysctl.d/90-trading.conf <<EOF
kernel.numa_balancing = 0
kernel.timer_migration = 0
net.core.busy_poll = $BUSY_POLL
net.core.busy_read = $BUSY_POLL
net.ipv4.tcp_mtu_probing = 1
vm.stat_interval = 120
vm.swappiness = 0
EOF
}

clock() {
  # Never "hwtimestamp": ENA stamps no packets, and chronyd would not start.
  {
    if [ "$HARDWARE_CLOCK" = yes ]; then
      echo 'refclock PHC /dev/ptp_ena poll 0 delay 0.000010 prefer'
    fi
    echo 'server 169.254.169.123 iburst minpoll 4 maxpoll 4'
    echo 'driftfile /var/lib/chrony/drift'
    echo 'makestep 1.0 3'
    echo 'rtcsync'
  } > /etc/chrony.conf
  if [ "$HARDWARE_CLOCK" = yes ]; then
    echo 'options ena phc_enable=1' > /etc/modprobe.d/ena.conf
    echo 'SUBSYSTEM=="ptp", ATTR{clock_name}=="ena-ptp-*", SYMLINK+="ptp_ena"' > /etc/udev/rules.d/53-ena-ptp.rules
    dracut --force --regenerate-all
  fi
  systemctl enable chronyd.service
}

firewall() {
  # Security groups say who may call; this says on which ports, even when a group is opened by mistake. Market data
  # is not tracked: looking up a connection for each packet costs what the rest of this file saves.
  cat > /etc/sysconfig/nftables.conf <<EOF
flush ruleset
table inet trading {
  chain feed {
    type filter hook prerouting priority raw; policy accept;
    udp dport $FEED_PORT notrack
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    udp dport $FEED_PORT accept
    ct state established,related accept
    ct state invalid drop
    icmp type { destination-unreachable, echo-request, time-exceeded } accept
    tcp dport { $FIX_PORT, $SERVICE_PORT, $METRICS_PORT } accept
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
}
EOF
  systemctl enable nftables.service
}

unit() {
  cat > "/etc/systemd/system/$1"
}

units() {
  unit trading-host-tuning.service <<EOF
[Unit]
Description=Tune the host for the trading engine
After=network-online.target chronyd.service
Wants=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/tune-host apply
[Install]
WantedBy=multi-user.target
EOF
  unit trading-host-ready.service <<EOF
[Unit]
Description=Prove the host, then let the trading engine start
After=trading-host-tuning.service nftables.service amazon-ssm-agent.service
Requires=trading-host-tuning.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/ready-host
[Install]
WantedBy=multi-user.target
EOF
  unit trading-host-drain.service <<EOF
[Unit]
Description=Stop the trading engine when the fleet takes the host away
After=trading-host-ready.service
[Service]
ExecStart=/usr/local/sbin/drain-host
Restart=on-failure
[Install]
WantedBy=multi-user.target
EOF
  # Units of the image that are wanted by this target run on a proven host alone.
  unit trading-host-ready.target <<EOF
[Unit]
Description=The host is tuned and proven
EOF
  systemctl daemon-reload
  systemctl enable trading-host-tuning.service trading-host-ready.service
  if [ -n "$FLEET_GROUP" ]; then
    systemctl enable trading-host-drain.service
  fi
}

apply() {
  local device irq
  device=$(ip -o route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
  ip link set dev "$device" mtu "$MTU"
  ethtool -K "$device" gro off gso off lro off tso off
  ethtool -C "$device" adaptive-rx off rx-usecs 0 tx-usecs 0
  queues "$device"
  echo "$HOUSEKEEPING_MASK" > /proc/irq/default_smp_affinity
  echo "$HOUSEKEEPING_MASK" > /sys/devices/virtual/workqueue/cpumask
  while read -r irq; do
    echo "$HOUSEKEEPING_CPUS" > "/proc/irq/$irq/smp_affinity_list"
  done < <(awk -v device="$device" '$NF ~ "^" device { sub(":", "", $1); print $1 }' /proc/interrupts)
  # A kernel built without a setting has no key for it; the validator names it.
  sysctl -e -q -p /etc/sysctl.d/90-trading.conf
}

queues() {
  # One queue for each core that takes interrupts; small types have fewer queues.
  local most wanted=$NETWORK_QUEUES now
  most=$(ethtool -l "$1" | awk '/^Combined:/ { print $2; exit }')
  now=$(ethtool -l "$1" | awk '/^Combined:/ { count = $2 } END { print count }')
  if [ "$wanted" -gt "$most" ]; then
    wanted=$most
  fi
  if [ "$now" -ne "$wanted" ]; then
    ethtool -L "$1" combined "$wanted"
  fi
}

case "${1:-}" in
  persist) persist ;;
  apply) apply ;;
  *)
    echo "usage: tune-host persist|apply" >&2
    exit 2
    ;;
esac
