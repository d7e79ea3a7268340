#!/usr/bin/env bash
# Installs what some tests need beside Go, where root may do so with apt-get, and
# says in one line what is missing elsewhere. Tests without their tool skip with the
# same reason.
set -euo pipefail

packages=() without=()
command -v npm >/dev/null || {
	packages+=(nodejs npm)
	without+=("no npm found: sign-in is not tested at an issuer that others have written, the pages not with axe-core")
}
command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null || {
	packages+=(chromium)
	without+=("no Chromium found: the pages are not tested in a real browser")
}
((${#packages[@]})) || exit 0

if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
	echo "installing ${packages[*]}"
	if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null; then
		exit 0
	fi
fi
printf '%s\n' "${without[@]}"
