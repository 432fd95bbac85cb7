#!/bin/bash
# kernel-offers ARGUMENT: whether the running kernel was built with what the argument asks for. A kernel whose
# configuration cannot be read counts as offering it. TRADING_ROOT is for tests.
set -euo pipefail
root=${TRADING_ROOT:-}
# shellcheck source=/dev/null
. "$root/etc/trading/host.env"
configuration="$root/boot/config-$(uname -r)"
for pair in $KERNEL_OPTIONS; do
  if [ "${pair%%:*}" = "${1%%=*}" ] && [ -r "$configuration" ]; then
    grep -qE "^${pair#*:}=[ym]$" "$configuration"
  fi
done
