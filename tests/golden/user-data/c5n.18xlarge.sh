#!/bin/bash
# Written from the settings of the platform; a change replaces the host.
set -euo pipefail
install -d -m 0755 /etc/trading
cat > /etc/trading/host.env <<'END_OF_HOST_ENV'
INSTANCE_TYPE=c5n.18xlarge
ARCHITECTURE=x86_64
HOUSEKEEPING_CPUS=0-7
HOUSEKEEPING_MASK=ff
ISOLATED_CPUS=8-35
NETWORK_QUEUES=8
KERNEL_ARGUMENTS='isolcpus=managed_irq,domain,8-35 nohz_full=8-35 rcu_nocbs=8-35 rcu_nocb_poll irqaffinity=0-7 transparent_hugepage=never numa_balancing=disable default_hugepagesz=2M hugepages=49152 skew_tick=1 nmi_watchdog=0 nosoftlockup nosmt processor.max_cstate=1 intel_idle.max_cstate=1 tsc=reliable'
KERNEL_OPTIONS='isolcpus:CONFIG_CPU_ISOLATION nohz_full:CONFIG_NO_HZ_FULL rcu_nocbs:CONFIG_RCU_NOCB_CPU rcu_nocb_poll:CONFIG_RCU_NOCB_CPU transparent_hugepage:CONFIG_TRANSPARENT_HUGEPAGE numa_balancing:CONFIG_NUMA_BALANCING default_hugepagesz:CONFIG_HUGETLB_PAGE hugepages:CONFIG_HUGETLB_PAGE nmi_watchdog:CONFIG_HARDLOCKUP_DETECTOR nosoftlockup:CONFIG_SOFTLOCKUP_DETECTOR intel_idle.max_cstate:CONFIG_INTEL_IDLE cpuidle.off:CONFIG_CPU_IDLE'
HUGEPAGES=49152
TRANSPARENT_HUGEPAGES=never
MTU=9001
ENA_SRD_MODE=''
BUSY_POLL=50
HARDWARE_CLOCK=no
FIX_PORT=9878
SERVICE_PORT=8443
METRICS_PORT=9464
FEED_PORT=31001
FLEET_GROUP=trading-primary-engines
LAUNCH_HOOK=prove-host
TERMINATE_HOOK=drain-host
AWS_REGION=us-east-1
READINESS_SECONDS=900
LATENCY_BUCKETS=50,100,200,300,400,500,600,700,800,900,1000,1250,1500,2000,2500,5000,10000,25000,50000,100000,250000,500000,1000000,2500000
END_OF_HOST_ENV
chmod 0644 /etc/trading/host.env
cat > /usr/local/sbin/kernel-offers <<'END_OF_KERNEL_OFFERS'
#!/bin/bash
set -euo pipefail
root=${TRADING_ROOT:-}
. "$root/etc/trading/host.env"
configuration="$root/boot/config-$(uname -r)"
for pair in $KERNEL_OPTIONS; do
  if [ "${pair%%:*}" = "${1%%=*}" ] && [ -r "$configuration" ]; then
    grep -qE "^${pair#*:}=[ym]$" "$configuration"
  fi
done
END_OF_KERNEL_OFFERS
chmod 0755 /usr/local/sbin/kernel-offers
cat > /usr/local/sbin/tune-host <<'END_OF_TUNE_HOST'
#!/bin/bash
set -euo pipefail
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
  sysctl -e -q -p /etc/sysctl.d/90-trading.conf
}

queues() {
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
END_OF_TUNE_HOST
chmod 0755 /usr/local/sbin/tune-host
cat > /usr/local/sbin/validate-host <<'END_OF_VALIDATE_HOST'
#!/bin/bash
set -uo pipefail
root=${TRADING_ROOT:-}
. "$root/etc/trading/host.env"
failed=0

check() { # what, expected, found
  if [ "$2" = "$3" ]; then
    printf 'pass  %s: %s\n' "$1" "$3"
  else
    printf 'FAIL  %s: is %s, should be %s\n' "$1" "${3:-nothing}" "$2"
    failed=1
  fi
}

offered() { # kernel argument, then what check takes
  if "$root/usr/local/sbin/kernel-offers" "$1"; then
    check "${@:2}"
  else
    printf 'degraded  %s: the kernel offers no %s\n' "$2" "${1%%=*}"
  fi
}

content() {
  [ -r "$root$1" ] && tr '\n' ' ' < "$root$1" | sed 's/ *$//'
}

chosen() { # the word in brackets: always madvise [never]
  content "$1" | sed -n 's/.*\[\(.*\)\].*/\1/p'
}

offload() {
  ethtool -k "$device" | awk -F': *' -v name="$1" '$1 == name { split($2, word, " "); print word[1] }'
}

mask() { # 00000000,0000000f as f
  content "$1" | tr -d ',' | sed 's/^0*//'
}

channels() { # pre-set maximums come before current settings
  ethtool -l "$device" | awk -v nth="$1" '/^Combined:/ { count++; if (count == nth) print $2 }'
}

device=$(ip -o route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')

offered isolcpus 'isolated cores' "$ISOLATED_CPUS" "$(content /sys/devices/system/cpu/isolated)"
offered nohz_full 'tickless cores' "$ISOLATED_CPUS" "$(content /sys/devices/system/cpu/nohz_full)"
arguments=" $(content /proc/cmdline) "
for argument in $KERNEL_ARGUMENTS; do
  case "$arguments" in
    *" $argument "*) check 'kernel argument' "$argument" "$argument" ;;
    *) offered "$argument" 'kernel argument' "$argument" '' ;;
  esac
done
if [ "$ARCHITECTURE" = x86_64 ]; then
  check 'multithreading' 0 "$(content /sys/devices/system/cpu/smt/active)"
  offered intel_idle.max_cstate 'deepest idle state' 1 "$(content /sys/module/intel_idle/parameters/max_cstate)"
else
  offered cpuidle.off 'idle states off' 1 "$(content /sys/module/cpuidle/parameters/off)"
fi
check 'cores of the system' "$HOUSEKEEPING_CPUS" "$(awk '/^Cpus_allowed_list:/ { print $2 }' "$root/proc/1/status")"
engine=/etc/systemd/system/trading-engine.service.d/cores.conf
check 'cores of the engine' "$ISOLATED_CPUS" "$(sed -n 's/^CPUAffinity=//p' "$root$engine")"
check 'locked memory of the engine' infinity "$(sed -n 's/^LimitMEMLOCK=//p' "$root$engine")"
check 'cores of kernel work' "$HOUSEKEEPING_MASK" "$(mask /sys/devices/virtual/workqueue/cpumask)"
check 'cores of new interrupts' "$HOUSEKEEPING_MASK" "$(mask /proc/irq/default_smp_affinity)"
check 'huge pages' "$HUGEPAGES" "$(content /proc/sys/vm/nr_hugepages)"
check 'transparent huge pages' "$TRANSPARENT_HUGEPAGES" "$(chosen /sys/kernel/mm/transparent_hugepage/enabled)"
offered numa_balancing 'NUMA balancing' 0 "$(content /proc/sys/kernel/numa_balancing)"
check 'timer migration' 0 "$(content /proc/sys/kernel/timer_migration)"
check 'seconds between statistics' 120 "$(content /proc/sys/vm/stat_interval)"
check 'MTU probing' 1 "$(content /proc/sys/net/ipv4/tcp_mtu_probing)"
check 'swappiness' 0 "$(content /proc/sys/vm/swappiness)"
check 'busy polling' "$BUSY_POLL" "$(content /proc/sys/net/core/busy_poll)"
check 'busy reading' "$BUSY_POLL" "$(content /proc/sys/net/core/busy_read)"
check 'irqbalance' inactive "$(systemctl is-active irqbalance.service)"
astray=
while read -r irq; do
  if [ "$(content "/proc/irq/$irq/smp_affinity_list")" != "$HOUSEKEEPING_CPUS" ]; then
    astray="$astray $irq"
  fi
done < <(awk -v device="$device" '$NF ~ "^" device { sub(":", "", $1); print $1 }' "$root/proc/interrupts")
check 'network interrupts on other cores' none "${astray:-none}"
check 'MTU' "$MTU" "$(content "/sys/class/net/$device/mtu")"
check 'network driver' ena "$(ethtool -i "$device" | awk '/^driver:/ { print $2 }')"
wanted=$NETWORK_QUEUES
most=$(channels 1)
if [ "$wanted" -gt "${most:-0}" ]; then
  wanted=$most
fi
check 'network queues' "$wanted" "$(channels 2)"
if [ -n "$ENA_SRD_MODE" ]; then
  check 'ENA Express' "$ENA_SRD_MODE" "$(ethtool -S "$device" | awk '$1 == "ena_srd_mode:" { print $2 }')"
fi
check 'receive offload' off "$(offload generic-receive-offload)"
check 'large receive offload' off "$(offload large-receive-offload)"
check 'segmentation offload' off "$(offload tcp-segmentation-offload)"
check 'generic segmentation offload' off "$(offload generic-segmentation-offload)"
check 'adaptive interrupts' off "$(ethtool -c "$device" | awk '/^Adaptive RX:/ { print $3 }')"
for direction in rx tx; do
  check "interrupts held back, $direction" 0 "$(ethtool -c "$device" | awk -v name="$direction-usecs:" '$1 == name { print $2 }')"
done
source=169.254.169.123
if [ "$HARDWARE_CLOCK" = yes ]; then
  source=PHC0
fi
check 'clock' "$source" "$(chronyc -c tracking | cut -d, -f2)"
check 'hardware timestamps asked of ENA' 0 "$(grep -c '^hwtimestamp' "$root/etc/chrony.conf")"
check 'Systems Manager' active "$(systemctl is-active amazon-ssm-agent.service)"
check 'metadata without a token' 401 "$(curl -s -o /dev/null -m 2 -w '%{http_code}' http://169.254.169.254/latest/meta-data/)"
check 'firewall' active "$(systemctl is-active nftables.service)"
check 'firewall by default' drop \
  "$(nft list chain inet trading input | awk '/policy/ { sub(/.*policy /, ""); sub(/;.*/, ""); print }')"
check 'market data untracked' "$FEED_PORT" \
  "$(nft list chain inet trading feed | awk '$1 == "udp" && $NF == "notrack" { print $3 }')"
open=$(nft list chain inet trading input | sed -n 's/.*tcp dport {\(.*\)} accept.*/\1/p' | tr -d ' ' | tr ',' '\n' | sort -n)
check 'open ports' "$(printf '%s\n' "$FIX_PORT" "$SERVICE_PORT" "$METRICS_PORT" | sort -n | xargs)" "$(xargs <<< "$open")"
if [ -n "$FLEET_GROUP" ]; then
  check 'draining' enabled "$(systemctl is-enabled trading-host-drain.service)"
fi
exit "$failed"
END_OF_VALIDATE_HOST
chmod 0755 /usr/local/sbin/validate-host
cat > /usr/local/sbin/ready-host <<'END_OF_READY_HOST'
#!/bin/bash
set -uo pipefail
. /etc/trading/host.env

tell_fleet() {
  [ -n "$FLEET_GROUP" ] || return 0
  local token instance
  token=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  instance=$(curl -sf -m 2 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
  local try
  for ((try = 0; try * 5 < READINESS_SECONDS; try++)); do
    if aws autoscaling complete-lifecycle-action --region "$AWS_REGION" --auto-scaling-group-name "$FLEET_GROUP" \
      --lifecycle-hook-name "$LAUNCH_HOOK" --instance-id "$instance" --lifecycle-action-result "$1"; then
      return 0
    fi
    sleep 5
  done
  echo "the fleet $FLEET_GROUP was not told $1 within $READINESS_SECONDS s" >&2
  return 1
}

chronyc waitsync 60 0.001 0 1 > /dev/null
if /usr/local/sbin/validate-host; then
  systemctl start trading-host-ready.target
  tell_fleet CONTINUE
else
  tell_fleet ABANDON
  exit 1
fi
END_OF_READY_HOST
chmod 0755 /usr/local/sbin/ready-host
cat > /usr/local/sbin/drain-host <<'END_OF_DRAIN_HOST'
#!/bin/bash
set -uo pipefail
. /etc/trading/host.env
metadata=http://169.254.169.254/latest

token() {
  curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token"
}

read_metadata() {
  curl -sf -m 2 -H "X-aws-ec2-metadata-token: $(token)" "$metadata/meta-data/$1"
}

target() {
  read_metadata autoscaling/target-lifecycle-state
}

until [[ "$(target)" =~ ^(InService|Terminated)$ ]]; do
  sleep 5
done
until [[ "$(target)" =~ ^(Terminated|Warmed:.*)$ ]]; do
  sleep 5
done
systemctl stop trading-engine.service
until aws autoscaling complete-lifecycle-action --region "$AWS_REGION" --auto-scaling-group-name "$FLEET_GROUP" \
  --lifecycle-hook-name "$TERMINATE_HOOK" --instance-id "$(read_metadata instance-id)" --lifecycle-action-result CONTINUE; do
  sleep 5
done
END_OF_DRAIN_HOST
chmod 0755 /usr/local/sbin/drain-host
/usr/local/sbin/tune-host persist
systemctl reboot --no-block
