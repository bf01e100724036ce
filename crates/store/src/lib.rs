//! What is recorded: SQL, one transaction and one function per change, the event inside it.
