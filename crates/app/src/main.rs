//! What runs: the commands of the accord program.

fn main() {}
