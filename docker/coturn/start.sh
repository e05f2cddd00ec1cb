#!/bin/sh
# Writes the configuration with the secret into memory, then becomes turnserver.
set -eu
umask 077
sed -e "s|@TURN_SECRET@|${TURN_SECRET}|" -e "s|@TURN_REALM@|${TURN_REALM}|" \
    -e "s|@TURN_ADDRESS@|${TURN_ADDRESS}|" -e "s|@TURN_PEER@|${TURN_PEER}|" \
    /etc/sg/turnserver.conf.in > /tmp/turnserver.conf
unset TURN_SECRET
exec turnserver -c /tmp/turnserver.conf
