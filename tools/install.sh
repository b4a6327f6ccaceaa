#!/bin/sh
# Makes .venv from a Python of 3.11 or newer and installs journeysim and everything it was tested with.
# Called by make; `PYTHON=/path/to/python make run` names another Python than the one found.
set -eu
cd "$(dirname "$0")/.."
venv=.venv

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

has_venv() {
    "$1" -c 'import venv, ensurepip' 2>/dev/null
}

# What is on PATH as python3 is what its user chose, so it is asked before the numbered ones.
if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
else
    set -- python3 python3.14 python3.13 python3.12 python3.11
fi
too_old="" without_venv="" chosen=""
for candidate in "$@"; do
    version=$(version_of "$candidate")
    [ -n "$version" ] || continue
    if ! new_enough "$candidate"; then
        too_old="$too_old, $candidate is $version"
    elif ! has_venv "$candidate"; then
        without_venv="$without_venv, $candidate ($version)"
    else
        chosen=$candidate
        break
    fi
done

if ! new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    if [ -z "$chosen" ]; then
        {
            if [ -n "$without_venv" ]; then
                echo "Python is new enough but has no venv module:${without_venv#,}."
                echo "On Debian or Ubuntu: apt-get install python3-venv   (elsewhere: the package with venv and ensurepip)."
            elif [ -n "$too_old" ]; then
                echo "journeysim needs Python 3.11 or newer; found:${too_old#,}."
            else
                echo "journeysim needs Python 3.11 or newer; none was found as: $*."
            fi
            echo "Another Python can be named: make PYTHON=/path/to/python3.12 run"
        } >&2
        exit 1
    fi
    echo "Making $venv with $chosen ($version)"
    "$chosen" -m venv --clear "$venv"
fi

echo "Installing what journeysim needs into $venv (once, about a minute)"
pip="$venv/bin/python -m pip --quiet --disable-pip-version-check"
$pip install --require-hashes --no-deps -r requirements.lock
$pip install --no-deps --no-build-isolation --editable .
touch "$venv/installed"
