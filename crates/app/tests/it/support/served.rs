//! The program itself, serving a database as an operator starts it, asked over the network.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
};

/// A program that serves.
pub struct Served {
    child: Child,
    /// Host and port of the pages.
    pub pages: String,
    /// Host and port of the figures.
    pub figures: String,
    log: JoinHandle<String>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Everything before the body, in small letters.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// What came from a connection until it ended.
    pub fn read(from: &mut impl Read) -> Self {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The value of a header, the first of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map(str::trim)
    }
}

impl Served {
    /// Serves a database on ports of its own, and is ready.
    pub fn start(database: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_accord"))
            .args([
                "serve",
                "--database",
                database,
                "--listen=127.0.0.1:0",
                "--metrics-listen=127.0.0.1:0",
            ])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut next = |before: &str| {
            let line = lines.next().expect("a line").expect("text");
            line.strip_prefix(before).unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let pages = next("Accord is ready at http://");
        let figures = next("Figures are at http://").trim_end_matches("/metrics").to_owned();
        let mut error = child.stderr.take().expect("its log");
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            error.read_to_string(&mut text).expect("text");
            text
        });
        Self { child, pages, figures, log }
    }

    /// Asks and waits for the whole answer.
    pub fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        ask(&self.pages, line, headers, body)
    }

    /// Tells it to stop, as a system does.
    pub fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("it is told").success());
    }

    /// Waits until it has ended by itself; gives what it wrote to its log.
    pub fn ended(mut self) -> String {
        let status = self.child.wait().expect("it ends");
        let log = self.log.join().expect("its log");
        assert!(status.success(), "{status}: {log}");
        log
    }
}

/// Asks an address and waits for the whole answer.
pub fn ask(at: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(at).expect("it listens");
    let mut text = format!("{line} HTTP/1.0\r\nHost: {at}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).expect("asked");
    let answer = Answer::read(&mut stream);
    _ = stream.shutdown(Shutdown::Both);
    answer
}
