#!/bin/sh
# The continuous backup of a PostgreSQL cluster, by PostgreSQL's own programs: docs/installation.md, Backups.
#
#   wal.sh archive PATH NAME   PostgreSQL calls it (archive_command) for each file of its log (WAL)
#   wal.sh base                copies the cluster, from which the log is read on: daily
#   wal.sh restore [TIME]      fills PGDATA with the newest base; PostgreSQL, when it is started, reads the log on to its
#                              end, or to TIME (UTC, like "2026-11-30 22:58:00")
#
# BACKUPS: the folder, best of another machine. BASES: so many bases are kept, with the log from the oldest of them on.
set -eu
umask 077
: "${BACKUPS:=/backups}" "${BASES:=3}"
export PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"

fail() {
    echo "wal.sh: $1" >&2
    exit 1
}

# Whole or not at all, and never in place of another one of that name.
archive() {
    kept="$BACKUPS/wal/$2.gz"
    mkdir -p "$BACKUPS/wal"
    if [ -e "$kept" ]; then
        gzip -dc "$kept" | cmp -s - "$1" || fail "$kept is there, and is another one. Has this folder another cluster's log?"
        return
    fi
    gzip -1 -c "$1" > "$kept.part"
    sync "$kept.part"
    mv "$kept.part" "$kept"
    sync "$BACKUPS/wal"
}

base() {
    [ "$BASES" -ge 1 ] || fail "BASES is a number from 1 on."
    mkdir -p "$BACKUPS/base"
    part="$BACKUPS/base/new.part"
    rm -rf "$part"
    pg_basebackup --pgdata="$part" --format=tar --compress=1 --checkpoint=fast --no-password
    name=$(date -u +%Y%m%dT%H%M%SZ)  # when it is whole: from then on it can be read on
    [ ! -e "$BACKUPS/base/$name" ] || fail "$BACKUPS/base/$name is there already."
    mv "$part" "$BACKUPS/base/$name"
    sync "$BACKUPS/base"
    for old in $(bases | tail -n +$((BASES + 1))); do
        rm -rf "${BACKUPS:?}/base/$old"
    done
    pg_archivecleanup -x .gz "$BACKUPS/wal" "$(log_of "$(bases | tail -n 1)")"
    echo "$BACKUPS/base/$name"
}

# The newest first.
bases() {
    ls -1r "$BACKUPS/base" 2>/dev/null | grep '^[0-9]*T[0-9]*Z$'
}

# The first file of the log that a base needs.
log_of() {
    tar -xzOf "$BACKUPS/base/$1/base.tar.gz" backup_label | sed -n 's/^START WAL LOCATION.*(file \([0-9A-F]*\)).*/\1/p'
}

restore() {
    : "${PGDATA:?is where the cluster is to be}"
    until="${1:-}"
    case "$until" in
        "" | [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]\ [0-9][0-9]:[0-9][0-9]:[0-9][0-9]) ;;
        *) fail "a time is written like \"2026-11-30 22:58:00\", and is UTC." ;;
    esac
    [ -z "$(ls -A "$PGDATA" 2>/dev/null)" ] || fail "$PGDATA is not empty. Move what is there away: it may hold the latest of the log."
    base=$(base_before "$until")
    [ -n "$base" ] || fail "there is no base in $BACKUPS/base${until:+ from before $until}."
    say_gaps
    mkdir -p "$PGDATA"
    unpack "$BACKUPS/base/$base" || {
        rm -rf "${PGDATA:?}"/*
        fail "$BACKUPS/base/$base cannot be unpacked whole. If it is damaged, move it away to use the one before."
    }
    # They are gone when it has read the log: a replica that is made of it would stop there, and let nobody in.
    mark="# until it is restored"
    {
        # From 126 on PostgreSQL stops: a file that is damaged is not the end of the log.
        echo "restore_command = 'test -e \"$BACKUPS/wal/%f.gz\" || exit 1; gzip -dc \"$BACKUPS/wal/%f.gz\" > \"%p\" || exit 255' $mark"
        echo "recovery_target_time = '${until:+$until UTC}' $mark"
        echo "recovery_target_action = promote $mark"
        echo "recovery_end_command = 'sed -i \"/$mark/d\" postgresql.auto.conf' $mark"
        echo "hot_standby = off $mark" # nobody is let in before it has read the log
    } >> "$PGDATA/postgresql.auto.conf"
    touch "$PGDATA/recovery.signal"
    echo "$PGDATA is of $base. PostgreSQL reads the log on when it is started."
}

# PostgreSQL takes a file that is missing for the end of the log. A name ends with two numbers of eight digits.
say_gaps() {
    last=""
    for name in $(ls "$BACKUPS/wal" | sed -n 's/^[0-9A-F]\{8\}\([0-9A-F]\{16\}\)\.gz$/\1/p' | sort -u); do
        place=$((0x${name%????????} * 256 + 0x${name#????????}))
        case "$name" in
            *00000000) ;; # how many there are before it depends on their size
            *) [ "${last:-$((place - 1))}" -eq $((place - 1)) ] || echo "wal.sh: the log has a gap before …$name: it is restored up to there." >&2 ;;
        esac
        last=$place
    done
}

# Looks at every byte too.
unpack() {
    tar -xzf "$1/base.tar.gz" -C "$PGDATA" &&
        tar -xzf "$1/pg_wal.tar.gz" -C "$PGDATA/pg_wal" &&
        cp "$1/backup_manifest" "$PGDATA" &&
        pg_verifybackup --quiet "$PGDATA"
}

# A base's name is its time without signs.
base_before() {
    for name in $(bases); do
        if [ -z "$1" ] || [ "$(echo "$name" | tr -dc 0-9)" -lt "$(echo "$1" | tr -dc 0-9)" ]; then
            echo "$name"
            return
        fi
    done
}

case "${1:-}" in
    archive) archive "$2" "$3" ;;
    base) base ;;
    restore) restore "${2:-}" ;;
    *) fail "archive PATH NAME, base, or restore [TIME]?" ;;
esac
