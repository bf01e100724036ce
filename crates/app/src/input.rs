//! Files that commands read: plain or gzipped, with a bound, and named by a hash in the history.

use domain::tabular::Problem;
use flate2::read::MultiGzDecoder;
use std::{fmt::Display, fs, io::Read, path::Path};

/// A packed file larger than this unpacked is not one of ours.
const LARGEST_FILE: u64 = 1 << 30;

/// The bytes of a file, unpacked when it is gzipped, or one line that says why not.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |error: &dyn Display| format!("{}: {error}", path.display());
    let bytes = fs::read(path).map_err(|error| wrong(&error))?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut unpacking = MultiGzDecoder::new(bytes.as_slice()).take(LARGEST_FILE + 1);
    match unpacking.read_to_end(&mut unpacked) {
        Err(error) => {
            Err(wrong(&format!("found a damaged gzip file ({error}), allowed CSV or gzipped CSV")))
        }
        Ok(_) if unpacked.len() as u64 > LARGEST_FILE => {
            Err(wrong(&"found more than 1 GiB unpacked, allowed up to 1 GiB"))
        }
        Ok(_) => Ok(unpacked),
    }
}

/// The name of a file as the history keeps it: without its folder.
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// What is wrong with a file, a line each, and that nothing was saved.
pub fn refused(path: &Path, problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        text.push_str(&format!("{}: {problem}\n", path.display()));
    }
    text.push_str("Nothing was saved.");
    text
}
