#!/bin/bash
# Waits for the clock, proves the host, tells the fleet, and lets the engine start on a proven host alone.
set -uo pipefail
# shellcheck source=/dev/null
. /etc/trading/host.env

tell_fleet() {
  [ -n "$FLEET_GROUP" ] || return 0
  local token instance
  token=$(curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  instance=$(curl -sf -m 2 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
  # Until the fleet hears of it, or its hook has timed out and it has given the host up.
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

# At most a minute, until the clock is within a millisecond.
chronyc waitsync 60 0.001 0 1 > /dev/null
if /usr/local/sbin/validate-host; then
  systemctl start trading-host-ready.target
  tell_fleet CONTINUE
else
  tell_fleet ABANDON
  exit 1
fi
