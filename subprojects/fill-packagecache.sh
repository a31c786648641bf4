#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fills packagecache/, where meson looks before it downloads anything, from Debian's source
# packages: for machines that reach a mirror of Debian and nothing else.
#
# Debian has the very archives that the wraps name, two of them in another compression; those are
# unpacked and packed again as upstream did it. Only what has the wrap's own hash in the end is
# kept, so that it does not matter where it came from.
set -eu
cd "$(dirname "$0")"

# wrap | source package | a suite that has this version of it
archives() {
	cat <<'TABLE'
libcryptsetup cryptsetup trixie
libdevmapper  lvm2       bookworm
libkmod       kmod       trixie
libmnl        libmnl     trixie
TABLE
}

# The mirror that this machine takes its own packages from.
mirror() {
	. /etc/os-release
	apt-get indextargets --format '$(REPO_URI)' "Codename: ${VERSION_CODENAME:-none}" \
		'Component: main' 'Identifier: Packages' 2>/dev/null | head -n 1
}

field() {
	sed -n "s/^$2 = //p" "$1.wrap"
}

has_hash() {
	[ -f "$1" ] && echo "$2  $1" | sha256sum --check --status
}

# apt-get, with a state of its own beside the machine's.
apt_get() {
	apt-get -q -o Dir::Etc::sourcelist="$scratch/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State="$scratch" -o Dir::Cache="$scratch/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# The archive of upstream, below the name that Debian gave it; Debian's own files do not matter.
download() {
	rm -f "$scratch"/*.orig.tar.*
	(cd "$scratch" && apt_get source --download-only --only-source "$1/$2") \
		>"$scratch/log" 2>&1 || true
	find "$scratch" -maxdepth 1 -name '*.orig.tar.*' ! -name '*.asc'
}

fill() {
	name=$(field "$1" source_filename)
	hash=$(field "$1" source_hash)
	if has_hash "packagecache/$name" "$hash"; then
		echo "$name: is there already"
		return
	fi
	original=$(download "$2" "$3")
	if [ -z "$original" ]; then
		echo "$name: the mirror does not give the sources of $2 in $3:" >&2
		sed -n 's/^E: /  /p' "$scratch/log" >&2
		return 1
	fi
	case $original in
	*.xz) xz -dc "$original" | gzip -n >"$scratch/$name" ;;
	*) mv "$original" "$scratch/$name" ;;
	esac
	if ! has_hash "$scratch/$name" "$hash"; then
		echo "$name: what the mirror has in ${original##*/} is not what $1.wrap names, or" \
			"this machine's gzip packs in another way than GNU's; not kept" >&2
		return 1
	fi
	mv "$scratch/$name" "packagecache/$name"
	echo "$name: from ${original##*/}, with the hash of $1.wrap"
}

uri=$(mirror)
if [ -z "$uri" ]; then
	echo "This is not Debian, or its apt sources name no mirror of it. Any copy of the archives" >&2
	echo "that *.wrap name will do in subprojects/packagecache." >&2
	exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p packagecache "$scratch/lists/partial" "$scratch/cache/archives/partial"
archives | awk '{ print $3 }' | sort -u | while read -r suite; do
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
done >"$scratch/sources.list"
apt_get update >/dev/null

failed=0
while read -r wrap package suite; do
	fill "$wrap" "$package" "$suite" || failed=1
done <<EOT
$(archives)
EOT
exit $failed
