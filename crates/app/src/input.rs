//! Files that commands read: plain or gzipped, never whole in memory, with a bound, and named by a hash in the history.

use domain::{hash::Hashing, tabular::Problems};
use flate2::bufread::MultiGzDecoder;
use std::{
    fmt::Display,
    fs::File,
    io::{self, BufRead, BufReader, Error, Read},
    path::Path,
};

/// A file larger than this, unpacked, is not one of ours.
const LARGEST_FILE: u64 = 1 << 30;

/// A file while it is read: unpacked when it is gzipped, and hashed as it goes by.
pub type Input = Hashing<Bounded>;

/// Opens a file, or says in one line why not.
pub fn open(path: &Path) -> Result<Input, String> {
    let wrong = |error: Error| format!("{}: {error}", path.display());
    let mut file = BufReader::with_capacity(64 * 1024, File::open(path).map_err(wrong)?);
    let is_packed = file.fill_buf().map_err(wrong)?.starts_with(&[0x1f, 0x8b]);
    let from: Box<dyn Read> =
        if is_packed { Box::new(Unpacking(MultiGzDecoder::new(file))) } else { Box::new(file) };
    Ok(Hashing::new(Bounded { from, left: LARGEST_FILE }))
}

/// The bytes of a file that is small by nature, or one line that says why not.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    match open(path)?.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(format!(
            "{}: found {error}, allowed CSV or gzipped CSV, up to 1 GiB",
            path.display()
        )),
    }
}

/// Fails after the largest file, so that a small packed one cannot grow without an end.
pub struct Bounded {
    from: Box<dyn Read>,
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(Error::other("more than 1 GiB unpacked")),
        }
        Ok(read)
    }
}

/// Unpacks, and says so when the packing is damaged.
struct Unpacking(MultiGzDecoder<BufReader<File>>);

impl Read for Unpacking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| Error::other(format!("a damaged gzip file ({error})")))
    }
}

/// The name of a file as the history keeps it: without its folder.
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What is wrong with a file, a line each, how much more there is, and that nothing was saved.
pub fn refused(path: &Path, problems: &Problems) -> String {
    let mut lines = problems.lines(&before(path));
    lines.push("Nothing was saved.".to_owned());
    lines.join("\n")
}

/// What a line about a file starts with.
pub fn before(path: &Path) -> String {
    let path: &dyn Display = &path.display();
    format!("{path}: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_end_is_given_up_at_the_largest_size() {
        let mut bounded = Bounded { from: Box::new(io::repeat(b'x')), left: 100_000 };
        let mut bytes = Vec::new();
        let error = bounded.read_to_end(&mut bytes).expect_err("it never ends");
        assert_eq!(error.to_string(), "more than 1 GiB unpacked");
        assert!(bytes.len() <= 100_000);
    }
}
