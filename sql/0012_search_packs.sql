-- Postings of a gram that many things have, packed: hundreds of places in a row, which begin at `first`
-- and follow as differences (lib/model/search_pack.h).  The housekeeping moves them here out of
-- search_postings.
CREATE TABLE search_packs (
	term BIGINT NOT NULL,
	first BIGINT NOT NULL,
	places VARBINARY(4608) NOT NULL,
	PRIMARY KEY (term, first)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
