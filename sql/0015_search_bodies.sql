-- Descriptions can be found as a whole (lib/model/search.h).  Where there are long ones, what stands in the
-- index is made anew after this migration.
ALTER TABLE search_docs MODIFY body VARBINARY(10240) NOT NULL;
INSERT INTO search_state (name, value)
SELECT 'reindex videos', 0 FROM DUAL WHERE EXISTS (SELECT 1 FROM videos WHERE CHAR_LENGTH(description) > 100)
ON DUPLICATE KEY UPDATE value = 0;
