#!/bin/sh
# Redis with its password in a file in memory. What it holds is disposable; the append-only file only
# spares a rebuild after a restart.
set -eu
umask 077
cat > /tmp/redis.conf <<CONF
requirepass ${REDIS_PASSWORD}
dir /data
appendonly yes
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy volatile-ttl
loglevel notice
CONF
exec redis-server /tmp/redis.conf
