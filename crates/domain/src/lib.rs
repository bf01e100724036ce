//! What is true: the nouns and rules of commissioning and payment, without clock, database, web or async.
