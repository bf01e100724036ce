//! Passwords that are known from breaches of other services: a list in a file, of words or of SHA-1 as Have I Been Pwned
//! publishes it.
//!
//! A short list is kept in memory, 8 bytes for each password, in whatever order it came. The whole published list is some
//! 40 GB: it stays in its file, sorted by hash as it is published, and each question is a binary search of some 36 readings.

use crate::{Result, StoreError};
use domain::hash::hexadecimal;
use sha1::{Digest, Sha1};
use std::{
    cmp::Ordering,
    fs::File,
    io::{self, BufRead, BufReader},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

/// Bytes of a list that is kept in memory.
const SHORT: u64 = 64 << 20;
/// Hexadecimal digits of a SHA-1.
const DIGITS: usize = 40;
/// Bytes of the longest line: the hash, and how often it was found.
const LINE: usize = 80;
/// Places of a long list at which its order is looked at before it is used.
const PLACES: u64 = 1_000;

/// The passwords that are known; none unless a list is opened.
#[derive(Clone, Debug, Default)]
pub struct Breached(List);

#[derive(Clone, Debug, Default)]
enum List {
    #[default]
    Empty,
    /// The first 8 bytes of each hash, sorted: that two of them agree by chance is as good as impossible.
    Short(Arc<[u64]>),
    Long(Arc<Long>),
}

impl Breached {
    /// Opens a list.
    ///
    /// # Errors
    /// When it cannot be read or used; the sentence says what was found and what is allowed.
    pub fn open(path: &Path) -> Result<Self, String> {
        let said = |error: io::Error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(said)?;
        let bytes = file.metadata().map_err(said)?.len();
        Self::of(file, bytes, SHORT).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn of(file: File, bytes: u64, short: u64) -> Result<Self, String> {
        let list = if bytes <= short {
            List::Short(read(&file)?)
        } else {
            let long = Long { file, bytes };
            long.check()?;
            List::Long(Arc::new(long))
        };
        Ok(Self(list))
    }

    /// Whether a password is on the list, as it is or in small letters.
    ///
    /// # Errors
    /// When the list cannot be read any more.
    pub fn holds(&self, password: &str) -> Result<bool> {
        let lower = password.to_lowercase();
        Ok(self.holds_word(password)? || (lower != password && self.holds_word(&lower)?))
    }

    fn holds_word(&self, word: &str) -> Result<bool> {
        let hash = Sha1::digest(word.as_bytes());
        match &self.0 {
            List::Empty => Ok(false),
            List::Short(hashes) => Ok(hashes.binary_search(&first(&hash)).is_ok()),
            List::Long(long) => long.holds(hexadecimal(&hash).as_bytes()).map_err(|error| {
                StoreError::Setup(format!("the list of breached passwords cannot be read: {error}"))
            }),
        }
    }
}

fn first(hash: &[u8]) -> u64 {
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The hash at the beginning of a line, if there is one.
fn hash_of(line: &[u8]) -> Option<&[u8]> {
    let (hash, rest) = line.split_at_checked(DIGITS)?;
    let ends = rest.first().is_none_or(|next| !next.is_ascii_alphanumeric());
    (ends && hash.iter().all(u8::is_ascii_hexdigit)).then_some(hash)
}

fn number(hash: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(hash.get(..16)?).ok()?, 16).ok()
}

/// A short list: either every line is a hash, or every line is a password.
fn read(file: &File) -> Result<Arc<[u64]>, String> {
    let mut hashes = Vec::new();
    let mut of_hashes = None;
    for (line, at) in BufReader::new(file).split(b'\n').zip(1..) {
        let line = line.map_err(|error| error.to_string())?;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if line.is_empty() {
            continue;
        }
        let hash = hash_of(line).and_then(number);
        match (*of_hashes.get_or_insert(hash.is_some()), hash) {
            (true, Some(hash)) => hashes.push(hash),
            (true, None) => return Err(format!("line {at} is no SHA-1, as the first line is")),
            (false, _) => hashes.push(first(&Sha1::digest(line))),
        }
    }
    if hashes.is_empty() {
        return Err("the list is empty".to_owned());
    }
    hashes.sort_unstable();
    hashes.dedup();
    Ok(hashes.into())
}

/// A list that stays in its file.
#[derive(Debug)]
struct Long {
    file: File,
    bytes: u64,
}

impl Long {
    /// The first line that begins at a place or after it: where, its hash in small letters, and where the next begins.
    fn line(&self, from: u64) -> io::Result<Option<(u64, Vec<u8>, u64)>> {
        let mut buffer = [0_u8; 2 * LINE];
        // One byte earlier, to see whether a line begins exactly here.
        let at = from.saturating_sub(1);
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], at + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        let found = &buffer[..filled];
        let end = |from: usize| found[from..].iter().position(|byte| *byte == b'\n');
        let start = if from == 0 { 0 } else { end(0).map_or(filled, |end| end + 1) };
        if start >= filled && at + filled as u64 >= self.bytes {
            return Ok(None);
        }
        let wrong = || {
            let what = format!("the line at byte {} is no SHA-1", at + start as u64);
            io::Error::new(io::ErrorKind::InvalidData, what)
        };
        let length = end(start).unwrap_or(filled - start);
        let hash = hash_of(&found[start..start + length]).ok_or_else(wrong)?;
        let begins = at + start as u64;
        Ok(Some((begins, hash.to_ascii_lowercase(), begins + length as u64 + 1)))
    }

    /// Looks at places all over the file: what is not sorted would find nothing and say nothing.
    fn check(&self) -> Result<(), String> {
        let mut before = Vec::new();
        for place in 0..PLACES {
            let line = self.line(self.bytes / PLACES * place).map_err(|error| {
                format!(
                    "{error}. A list of more than {} MiB must be lines of SHA-1, sorted",
                    SHORT >> 20
                )
            })?;
            let Some((at, hash, _)) = line else { break };
            if hash < before {
                return Err(format!(
                    "the list is not sorted: the hash at byte {at} comes before an earlier one. Sort it with LC_ALL=C sort"
                ));
            }
            before = hash;
        }
        Ok(())
    }

    fn holds(&self, hash: &[u8]) -> io::Result<bool> {
        let (mut from, mut to) = (0, self.bytes);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.line(middle)?.filter(|(begins, ..)| *begins < to) {
                Some((_, found, next)) => match found.as_slice().cmp(hash) {
                    Ordering::Equal => return Ok(true),
                    Ordering::Less => from = next,
                    Ordering::Greater => to = middle,
                },
                None => to = middle,
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn list(text: &str, short: u64) -> Result<Breached, String> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        let again = {
            use std::io::Seek;
            file.rewind().expect("from its start");
            file
        };
        Breached::of(again, text.len() as u64, short)
    }

    fn hash(word: &str) -> String {
        hexadecimal(&Sha1::digest(word.as_bytes())).to_uppercase()
    }

    fn words() -> Vec<String> {
        (0..3_000).map(|number| format!("correct horse {number}")).collect()
    }

    /// As it is published: sorted by hash, each with how often it was found.
    fn published(words: &[String]) -> String {
        let line = |word: &String| format!("{}:{}", hash(word), word.len() * 7_919);
        let mut lines: Vec<String> = words.iter().map(line).collect();
        lines.sort();
        lines.join("\r\n")
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        let words = words();
        let unsorted: Vec<String> = words.iter().map(|word| hash(word).to_lowercase()).collect();
        for (name, list) in [
            ("words", list(&words.join("\n"), SHORT)),
            ("hashes in any order", list(&unsorted.join("\n"), SHORT)),
            ("published, in memory", list(&published(&words), SHORT)),
            ("published, in its file", list(&published(&words), 0)),
            ("with a last end of line", list(&(published(&words) + "\r\n"), 0)),
        ] {
            let list = list.expect(name);
            for word in &words {
                assert!(list.holds(word).expect("read"), "{name}: {word}");
            }
            assert!(list.holds("Correct Horse 7").expect("read"), "{name}: in other letters");
            for other in ["correct horse 3000", "correct horse", "", "battery"] {
                assert!(!list.holds(other).expect("read"), "{name}: {other}");
            }
        }
        assert!(!Breached::default().holds("correct horse 1").expect("nothing to read"));
    }

    #[test]
    fn a_list_that_would_find_nothing_is_refused() {
        let words = words();
        let mut backwards: Vec<String> = published(&words).lines().map(ToOwned::to_owned).collect();
        backwards.reverse();
        let mixed = format!("{}\nbattery", hash("horse"));
        for (text, short, why) in [
            ("", SHORT, "is empty"),
            ("\n\r\n", SHORT, "is empty"),
            (&*mixed, SHORT, "line 2 is no SHA-1"),
            (&*backwards.join("\n"), 0, "is not sorted"),
            (&*words.join("\n"), 0, "must be lines of SHA-1"),
        ] {
            let refused = list(text, short).expect_err(why);
            assert!(refused.contains(why), "{refused}");
        }
    }
}
