//! A file on its way into a table: every kind of line end becomes one, the last line too has one, and no row grows
//! without a bound.

use std::io::{Error, Read, Result};

/// Bytes of the longest row. A real one has some hundreds; a file without line ends would fill the memory.
pub(super) const LONGEST_ROW: usize = 256 * 1024;

/// The bytes of another reader with `\n` for `\r\n` and for a lone `\r`.
pub(super) struct Lines<R> {
    from: R,
    /// Bytes that may still be read for the row that is being read.
    left: usize,
    after_return: bool,
    after_end: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, left: LONGEST_ROW, after_return: false, after_end: true }
    }

    /// Lets the next row have its whole length.
    pub(super) fn next_row(&mut self) {
        self.left = LONGEST_ROW;
    }

    /// Puts the line ends of what was read right; gives how many bytes are left.
    fn settle(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut kept = 0;
        for at in 0..bytes.len() {
            let byte = bytes[at];
            let is_second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if !is_second_half {
                bytes[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}

impl<R> Lines<R> {
    /// A line end where the file has none at its end.
    fn last_end(&mut self, into: &mut [u8]) -> usize {
        match into.first_mut() {
            Some(first) if !self.after_end => {
                *first = b'\n';
                self.after_end = true;
                1
            }
            _ => 0,
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        loop {
            if self.left == 0 {
                let most = LONGEST_ROW / 1024;
                return Err(Error::other(format!("a row of more than {most} KiB")));
            }
            let most = into.len().min(self.left);
            let read = self.from.read(&mut into[..most])?;
            self.left -= read;
            let kept = self.settle(&mut into[..read]);
            if let Some(last) = into[..kept].last() {
                self.after_end = *last == b'\n';
                return Ok(kept);
            }
            // The second half of a line end alone is not the end of the file.
            if read == 0 {
                return Ok(self.last_end(into));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that line ends are cut in two.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            let length = 1.min(into.len());
            self.0.read(&mut into[..length])
        }
    }

    #[test]
    fn every_kind_of_line_end_becomes_one() {
        for (text, expected) in [
            ("a\nb\n", "a\nb\n"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb\r", "a\nb\n"),
            ("a\r\r\n\nb", "a\n\n\nb\n"),
            ("\r\n", "\n"),
            ("", ""),
        ] {
            for slow in [false, true] {
                let mut read = String::new();
                let bytes = text.as_bytes();
                let given = if slow {
                    Lines::new(Slow(bytes)).read_to_string(&mut read)
                } else {
                    Lines::new(bytes).read_to_string(&mut read)
                };
                assert_eq!((given.is_ok(), &*read), (true, expected), "{text:?}");
            }
        }
    }
}
