-- What each app's connections and backends did in one interval: the table of Laravel WebSockets, column for column. It may be
-- there already, with rows in it. Times are in UTC.
CREATE TABLE IF NOT EXISTS websockets_statistics_entries (
    id SERIAL PRIMARY KEY,
    app_id VARCHAR(255) NOT NULL,
    peak_connection_count INTEGER NOT NULL,
    websocket_message_count INTEGER NOT NULL,
    api_message_count INTEGER NOT NULL,
    created_at TIMESTAMP(0) WITHOUT TIME ZONE, -- when the interval began
    updated_at TIMESTAMP(0) WITHOUT TIME ZONE
);

CREATE INDEX IF NOT EXISTS websockets_statistics_entries_created_at_app_id_index
ON websockets_statistics_entries (created_at, app_id);
