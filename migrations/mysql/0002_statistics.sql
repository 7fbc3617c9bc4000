-- What each app's connections and backends did in one interval: the table of Laravel WebSockets, column for column. It may be
-- there already, with rows in it. Times are in UTC.
CREATE TABLE IF NOT EXISTS websockets_statistics_entries (
    id INTEGER UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    app_id VARCHAR(255) NOT NULL,
    peak_connection_count INTEGER NOT NULL,
    websocket_message_count INTEGER NOT NULL,
    api_message_count INTEGER NOT NULL,
    created_at DATETIME, -- when the interval began
    updated_at DATETIME
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- MySQL has no CREATE INDEX IF NOT EXISTS. Our ids have 64 characters; a longer prefix is too much for old row formats.
SET @create_index = IF(
    EXISTS (
        SELECT 1 FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'websockets_statistics_entries'
        AND index_name = 'websockets_statistics_entries_created_at_app_id_index'
    ),
    'DO 0',
    'CREATE INDEX websockets_statistics_entries_created_at_app_id_index ON websockets_statistics_entries (created_at, app_id(64))'
);
PREPARE create_index FROM @create_index;
EXECUTE create_index;
DEALLOCATE PREPARE create_index;
