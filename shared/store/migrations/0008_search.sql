-- Finding a person among a million by any part of the name: pairs of neighbouring characters as words, since most
-- names are shorter than what a trigram index needs. rowid = residents.id; the text itself stays in residents.
create virtual table resident_words using fts5 (
    name, kana, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
insert into resident_words (rowid, name, kana)
select id, pairs(name_folded), pairs(kana_folded) from residents;
