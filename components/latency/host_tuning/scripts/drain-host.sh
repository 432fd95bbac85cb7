#!/bin/bash
# Watches for the fleet to take this host away, to its end or back into the warm pool; then stops the engine, which hands
# its sessions over, and lets the host go.
set -uo pipefail
# shellcheck source=/dev/null
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

# A host that is being prepared for the warm pool is on its way there too, and has no sessions yet.
until [[ "$(target)" =~ ^(InService|Terminated)$ ]]; do
  sleep 5
done
until [[ "$(target)" =~ ^(Terminated|Warmed:.*)$ ]]; do
  sleep 5
done
systemctl stop trading-engine.service
# Until the fleet hears of it, it waits out the whole time that it gives a host to drain.
until aws autoscaling complete-lifecycle-action --region "$AWS_REGION" --auto-scaling-group-name "$FLEET_GROUP" \
  --lifecycle-hook-name "$TERMINATE_HOOK" --instance-id "$(read_metadata instance-id)" --lifecycle-action-result CONTINUE; do
  sleep 5
done
