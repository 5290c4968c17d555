-- The matcher asks for every page who else lives with the owner of the slip.
create index residents_household on residents (household_id) where household_id is not null;
