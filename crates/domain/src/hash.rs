//! The one way a text or file is named by what is in it.

use sha2::{Digest, Sha256};
use std::io::{Read, Result};

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A reader that works out the SHA-256 of what passes through it, so that a file is read once.
pub struct Hashing<R> {
    from: R,
    hash: Sha256,
}

impl<R: Read> Hashing<R> {
    /// Of everything that will be read from another reader.
    pub fn new(from: R) -> Self {
        Self { from, hash: Sha256::new() }
    }

    /// SHA-256 of what has been read, in hexadecimal.
    pub fn finish(self) -> String {
        hexadecimal(&self.hash.finalize())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.from.read(into)?;
        self.hash.update(&into[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_through_has_the_hash_of_the_whole() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        let mut reader = Hashing::new(bytes.as_slice());
        std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
        assert_eq!(reader.finish(), sha256(&bytes));
    }
}
