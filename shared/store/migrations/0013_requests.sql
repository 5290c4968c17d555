-- Whether the request for a page is still in the outbox is asked for every page that waits.
create index outbox_key on outbox (key);
