//! Fetches and prepares the third-party front-end files.

fn main() {}
