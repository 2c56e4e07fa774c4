#!/bin/bash
# A Request Tracker 5 of Debian with SQLite, in a chroot of its own: rt_peer.sh up|down|clean DIRECTORY
# Needs root and debootstrap, and loads some 115 MB from Debian's mirror. `up` prints what a connection needs.
set -euo pipefail

PORT=${RT_PORT:-18085}
ROOT=${2:?the directory of the chroot}

INSIDE=(chroot "$ROOT" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin)
within() { "${INSIDE[@]}" "$@"; }

build() {
  mkdir -p "$ROOT"
  debootstrap --variant=minbase bookworm "$ROOT" "${RT_MIRROR:-http://deb.debian.org/debian}"
  for file in /etc/apt/apt.conf.d /etc/hosts /etc/resolv.conf; do
    [ -e "$file" ] && cp -rL "$file" "$ROOT$(dirname "$file")/"
  done
  printf '#!/bin/sh\nexit 101\n' > "$ROOT/usr/sbin/policy-rc.d" && chmod +x "$ROOT/usr/sbin/policy-rc.d"
  within apt-get -qq update
  within apt-get -qq install --no-install-recommends -y \
    request-tracker5 rt5-db-sqlite rt5-standalone dbconfig-no-thanks
  cat > "$ROOT/etc/request-tracker5/RT_SiteConfig.d/90-peer.pm" <<EOF
Set(\$rtname, 'peer');
Set(\$Organization, 'peer');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $PORT);
Set(\$WebPath, '');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb');
Set(\$MailCommand, 'testfile');
1;
EOF
  mkdir -p "$ROOT/var/lib/dbconfig-common/sqlite3/request-tracker5"
  within rt-setup-database-5 --action init --skip-create
  touch "$ROOT/.built"
}

up() {
  [ -e "$ROOT/.built" ] || build >&2
  "${INSIDE[@]}" /usr/share/request-tracker5/libexec/rt-server --server Starlet --host 127.0.0.1 \
    --port "$PORT" > "$ROOT/server.log" 2>&1 &
  echo $! > "$ROOT/server.pid"
  for _try in $(seq 60); do
    curl -fs -o /dev/null -u root:password "http://127.0.0.1:$PORT/REST/2.0/rt" && break
    sleep 1
  done
  echo "FLOWPILOT_RT_URL=http://127.0.0.1:$PORT"
  echo "FLOWPILOT_RT_TOKEN=$(token)"
}

token() {
  within perl -I/usr/share/request-tracker5/lib -MRT=-init -e '
    my $user = RT::User->new(RT->SystemUser); $user->Load("root");
    my $token = RT::AuthToken->new(RT->SystemUser);
    my (undef, undef, $text) = $token->Create(Owner => $user->id, Description => "FlowPilot"); print $text' \
    2> /dev/null
}

down() { [ ! -e "$ROOT/server.pid" ] || { kill "$(cat "$ROOT/server.pid")" || true; rm "$ROOT/server.pid"; }; }

case ${1:-} in
  up) up ;;
  down) down ;;
  clean) down; rm -rf --one-file-system "$ROOT" ;;
  *) sed -n 2,3p "$0"; exit 1 ;;
esac
