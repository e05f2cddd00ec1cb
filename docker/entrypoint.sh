#!/bin/sh
# Shows the model and index that were built into the image in the data folder; an index that someone
# built there is left alone. A link, so that a newer image brings its own list.
set -eu
mkdir -p "$SG_DATA_DIR"
for part in models index; do
    if [ -L "$SG_DATA_DIR/$part" ] || [ ! -e "$SG_DATA_DIR/$part" ]; then
        ln -sfn "/opt/sg/$part" "$SG_DATA_DIR/$part"
    fi
done
exec "$@"
