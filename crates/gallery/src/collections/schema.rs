//! The tables, and how they come to be.

use crate::database::Format;

/// The file of the collections: `AthC`. A step that was released is never changed.
pub(super) const FORMAT: Format = Format {
    file_name: "collections.db",
    application_id: 0x4174_6843,
    migrations: &["
    CREATE TABLE collection (
        number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: the gallery of its templates is named by it
        organisation INTEGER NOT NULL,
        id TEXT NOT NULL,
        created INTEGER NOT NULL,                 -- milliseconds since 1970, like all times here
        removing INTEGER                          -- when it was deleted; its row goes with its last face
    ) STRICT;
    CREATE UNIQUE INDEX collection_name ON collection (organisation, id) WHERE removing IS NULL;

    CREATE TABLE face (
        collection INTEGER NOT NULL REFERENCES collection,
        id TEXT NOT NULL,
        state INTEGER NOT NULL CHECK (state IN (0, 1, 2)), -- arriving, there, leaving
        since INTEGER NOT NULL,                            -- in this state, but for those that are there: reserved
        image_id TEXT NOT NULL,
        external_image_id TEXT,
        box_left REAL NOT NULL,                            -- shares of the upright image's sides
        box_top REAL NOT NULL,
        box_width REAL NOT NULL,
        box_height REAL NOT NULL,
        confidence REAL NOT NULL,                          -- percent
        PRIMARY KEY (collection, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX face_unsettled ON face (state) WHERE state != 1;
"],
};
