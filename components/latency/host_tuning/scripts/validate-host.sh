#!/bin/bash
# Checks every knob of the host. One line for each: pass, FAIL, or degraded where the kernel was built without it; exit 1
# when one fails. TRADING_ROOT is for tests.
set -uo pipefail
root=${TRADING_ROOT:-}
# shellcheck source=/dev/null
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
