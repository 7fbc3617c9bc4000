-- What each app's connections and backends did in one interval: the table of Laravel WebSockets, column for column. It may be
-- there already, with rows in it. Times are in UTC.
CREATE TABLE IF NOT EXISTS websockets_statistics_entries (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    app_id VARCHAR NOT NULL,
    peak_connection_count INTEGER NOT NULL,
    websocket_message_count INTEGER NOT NULL,
    api_message_count INTEGER NOT NULL,
    created_at DATETIME, -- when the interval began
    updated_at DATETIME
);

CREATE INDEX IF NOT EXISTS websockets_statistics_entries_created_at_app_id_index
ON websockets_statistics_entries (created_at, app_id);
