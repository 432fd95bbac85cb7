#!/bin/sh
# Puts a pulumi command of a version that fits the SDK into BIN: what is on PATH, the official installer's, or a build
# from the Go module proxy. Usage: get_pulumi.sh BIN VERSION SDK_VERSION; GO names a Go command to build with.
set -eu

bin=$1 version=$2 sdk=$3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trading-platform/pulumi-$version
connect_seconds=5
needed_mb=6000

say() { echo "engine: $*"; }

# An engine serves SDKs of its own version and older ones of the same major version.
fits() {
	found=$("$1" version 2> /dev/null | sed 's/^v//') || return 1
	[ "${found%%.*}" = "${sdk%%.*}" ] &&
		[ "$(printf '%s\n%s\n' "$sdk" "$found" | sort -t. -k1,1n -k2,2n -k3,3n | head -1)" = "$sdk" ]
}

take() {
	ln -sf "$1" "$bin/pulumi"
	say "$("$bin/pulumi" version) from $2"
}

from_path() {
	path=$(command -v pulumi) || return 1
	# A link to itself is no command.
	[ "$path" != "$bin/pulumi" ] || return 1
	if fits "$path"; then take "$path" "$path"; else
		say "$path is version ${found:-unknown}, which does not fit the SDK's $sdk; looking further" && return 1
	fi
}

from_installer() {
	script=$(mktemp)
	if curl --fail --silent --location --connect-timeout "$connect_seconds" --max-time 30 \
		--output "$script" https://get.pulumi.com; then
		say "installing $version by the official installer"
		sh "$script" --silent --no-edit-path --version "$version" --install-root "$cache" && rm -f "$script" &&
			fits "$cache/bin/pulumi" && take "$cache/bin/pulumi" "the official installer"
	else
		rm -f "$script"
		say "the official installer cannot be reached within $connect_seconds s"
		return 1
	fi
}

from_source() {
	go=${GO:-}
	[ -n "$go" ] && [ -x "$(command -v "$go")" ] || { say "there is no Go toolchain to build with" && return 1; }
	free=$(df -Pm "$(dirname "$cache")" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$needed_mb" ] || { say "a build needs $needed_mb MB in $(dirname "$cache"), $free are free" && return 1; }
	say "building $version from the Go module proxy; this takes about ten minutes on two cores, once"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	module=github.com/pulumi/pulumi/pkg/v3
	(
		cd "$work"
		export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod
		"$go" mod init engine
		# The module replaces others, which a build from afar does not see: its replacements by version are repeated.
		"$go" mod download -json "$module@v$version" | sed -n 's/^[[:space:]]*"GoMod": "\(.*\)",*$/\1/p' > gomod
		awk '$1 == "replace" { $1 = "" } / => / && $0 !~ /=> \./ { print }' "$(cat gomod)" |
			while read -r from _ to at; do "$go" mod edit -replace "$from=$to@$at"; done
		"$go" get "$module/cmd/pulumi@v$version"
		say "modules are here; compiling"
		mkdir -p "$cache/bin"
		"$go" build -trimpath -o "$cache/bin/pulumi.part" \
			-ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$version" "$module/cmd/pulumi"
		mv "$cache/bin/pulumi.part" "$cache/bin/pulumi"
	) > "$work/log" 2>&1 &
	building=$!
	begun=$(date +%s)
	while kill -0 "$building" 2> /dev/null; do
		sleep 15
		say "$(($(date +%s) - begun)) s: $(tail -1 "$work/log" | cut -c1-100)"
	done
	wait "$building" || { say "the build failed: $(tail -1 "$work/log" | cut -c1-300)" && return 1; }
	fits "$cache/bin/pulumi" && take "$cache/bin/pulumi" "the Go module proxy"
}

mkdir -p "$bin" "$(dirname "$cache")"
from_path && exit
fits "$cache/bin/pulumi" && take "$cache/bin/pulumi" "the cache" && exit
from_installer && exit
from_source && exit
say "no pulumi command: none fits on PATH, the installer and the Go module proxy gave none; the lines above say why" >&2
exit 1
