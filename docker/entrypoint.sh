#!/bin/sh
# Shows the model that was built into the image in the data folder, and brings the list's index and its
# embeddings into a folder that can be written, because publishing adds to it. A model that someone built
# there, and a list that was published there, stay.
set -eu
built="${IMAGE_DIR:-/opt/sg}"
mkdir -p "$SG_DATA_DIR"
if [ -L "$SG_DATA_DIR/models" ] || [ ! -e "$SG_DATA_DIR/models" ]; then
    ln -sfn "$built/models" "$SG_DATA_DIR/models"
fi

bring() { # one file or folder, whole or not at all, unless it is there
    [ -e "$2" ] || { cp -R "$1" "$2.$$" && mv "$2.$$" "$2"; }
}

index="$SG_DATA_DIR/index"
if [ -L "$index" ]; then rm "$index"; fi # of an earlier image
mkdir -p "$index" 2>/dev/null || true
if [ -w "$index" ]; then
    for version in "$built"/index/*/; do
        bring "${version%/}" "$index/$(basename "$version")"
    done
    for pointer in current delivered; do
        if [ -e "$built/index/$pointer" ]; then bring "$built/index/$pointer" "$index/$pointer"; fi
    done
    bring "$built/cache" "$SG_DATA_DIR/cache"
    case "$*" in
        *"-m gateway"*) python -m knowledge build ;; # a newer image: its list is delivered, ours stays
    esac
fi
exec "$@"
