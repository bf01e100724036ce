//! Checks that know the rules and not the code: worked examples, arithmetic of their own, and what is always true.
#![cfg(test)]

mod always;
mod exact;
mod examples;
mod product;
mod rules;
mod scotland;
