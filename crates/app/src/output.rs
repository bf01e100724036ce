//! A file that a command writes: nobody ever reads half of it, and a command that fails leaves nothing behind.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// The file while it is written, under another name. Dropped before [`Output::finish`], it is removed.
pub struct Output {
    part: PathBuf,
    file: BufWriter<File>,
    to: PathBuf,
    /// A device or pipe cannot be replaced by a file, so it gets a copy.
    is_copied: bool,
}

impl Output {
    /// Begins to write, beside the place where the file will stand.
    pub fn create(to: &Path) -> io::Result<Self> {
        let is_copied = fs::metadata(to).is_ok_and(|found| !found.is_file());
        let id = std::process::id();
        let part = if is_copied {
            env::temp_dir().join(format!("accord.{id}.part"))
        } else {
            let mut name = to.as_os_str().to_owned();
            name.push(format!(".{id}.part"));
            PathBuf::from(name)
        };
        let file = OpenOptions::new().write(true).create_new(true).open(&part)?;
        Ok(Self { part, file: BufWriter::new(file), to: to.to_owned(), is_copied })
    }

    /// Puts the file in its place.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        if self.is_copied {
            let mut from = File::open(&self.part)?;
            let mut to = OpenOptions::new().write(true).open(&self.to)?;
            io::copy(&mut from, &mut to)?;
            return to.flush();
        }
        self.file.get_ref().sync_all()?;
        fs::rename(&self.part, &self.to)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Renamed, it is not there any more; half written, it is of no use.
        _ = fs::remove_file(&self.part);
    }
}
