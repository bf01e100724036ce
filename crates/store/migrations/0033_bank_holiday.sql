-- Bank holidays of England and Wales: a calendar year that has any is known as a whole.
CREATE TABLE bank_holiday (
    day DATE NOT NULL PRIMARY KEY,
    title TEXT NOT NULL
);
