#!/bin/bash
# Exits with 0 where the server accepts a connection.
exec 3<>"/dev/tcp/$PROBE_HOST/$PROBE_PORT"
