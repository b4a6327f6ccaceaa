#!/bin/sh
# Brings what tests of drawings and pages need from the system: a font with Chinese glyphs, and a browser.
# Never fails: where they cannot be had, those tests skip and say so.
set -u

missing=""
find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" -name 'NotoSansCJK*' 2>/dev/null |
    grep -q . || missing="$missing fonts-noto-cjk"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing="$missing chromium"

if [ -z "$missing" ]; then
    echo "system: fonts and browser are there"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "system: no apt-get here; install by hand what Debian calls:$missing. Tests that need them skip."
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "system: not root; run: sudo apt-get install --no-install-recommends$missing. Tests that need them skip."
    exit 0
fi
echo "system: installing$missing"
log=$(mktemp)
# shellcheck disable=SC2086  # a list of words on purpose
if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    # What matplotlib knows of fonts is from before.
    rm -f "${MPLCONFIGDIR:-${XDG_CACHE_HOME:-$HOME/.cache}/matplotlib}"/fontlist-*.json
    echo "system: installed$missing"
else
    tail -n 5 "$log"
    echo "system: apt-get could not install$missing. Tests that need them skip."
fi
rm -f "$log"
