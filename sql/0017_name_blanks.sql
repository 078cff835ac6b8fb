-- Names are compared with their blanks as one and none at the ends.  Who differed from another only by
-- these keeps his row, by which the admin command finds him.
UPDATE IGNORE user_names SET name_key = TRIM(REGEXP_REPLACE(name_key, ' +', ' '))
WHERE name_key LIKE ' %' OR name_key LIKE '%  %';
