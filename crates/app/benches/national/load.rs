//! A small load generator: connections that stay open, each asking again as soon as it has its answer.

use crate::Done;
use memchr::memmem;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

/// What is asked for, and what the answer must hold.
#[derive(Clone)]
pub struct Ask {
    request: Arc<str>,
    word: Arc<str>,
}

/// What came back.
pub struct Load {
    /// How long each answer took.
    pub answers: Vec<Duration>,
    /// From the first request to the last answer.
    pub took: Duration,
    /// Size of the last answer's body.
    pub bytes: usize,
}

impl Ask {
    /// A page as a signed-in browser asks for it; `gzip` as browsers do.
    pub fn new(path: &str, token: Option<&str>, word: &str, gzip: bool) -> Self {
        let cookie = token.map(|token| format!("Cookie: accord-session={token}\r\n"));
        let encoding = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: accord.test\r\n{encoding}{}\r\n",
            cookie.unwrap_or_default()
        );
        // What is packed is not looked into.
        let word = if gzip { "" } else { word };
        Self { request: request.into(), word: word.into() }
    }
}

/// Asks over some connections for some time; an answer that is not the page ends the bench.
pub async fn drive(at: SocketAddr, ask: &Ask, connections: usize, during: Duration) -> Done<Load> {
    let start = Instant::now();
    let until = start + during;
    let mut asking = Vec::new();
    for _ in 0..connections {
        asking.push(tokio::spawn(one(at, ask.clone(), until)));
    }
    let mut load = Load { answers: Vec::new(), took: Duration::ZERO, bytes: 0 };
    for one in asking {
        let (answers, bytes) = one.await??;
        load.answers.extend(answers);
        load.bytes = bytes;
    }
    load.took = start.elapsed();
    Ok(load)
}

async fn one(at: SocketAddr, ask: Ask, until: Instant) -> Result<(Vec<Duration>, usize), String> {
    let wrong = |error: std::io::Error| error.to_string();
    let stream = TcpStream::connect(at).await.map_err(wrong)?;
    stream.set_nodelay(true).map_err(wrong)?;
    let mut answers = Vec::new();
    let mut buffer = vec![0; 1024 * 1024];
    let mut bytes = 0;
    while Instant::now() < until {
        let start = Instant::now();
        stream.writable().await.map_err(wrong)?;
        if stream.try_write(ask.request.as_bytes()).map_err(wrong)? != ask.request.len() {
            return Err("the request was not taken in one piece".into());
        }
        let body = answer(&stream, &mut buffer).await?;
        answers.push(start.elapsed());
        bytes = body.len();
        if memmem::find(body, ask.word.as_bytes()).is_none() {
            return Err(format!("{:?} is not on the page of {}", ask.word, ask.request));
        }
    }
    Ok((answers, bytes))
}

/// The body of one answer with status 200.
async fn answer<'b>(stream: &TcpStream, buffer: &'b mut [u8]) -> Result<&'b [u8], String> {
    let mut length = 0;
    let mut whole = None;
    loop {
        stream.readable().await.map_err(|error| error.to_string())?;
        let room = buffer.get_mut(length..).filter(|room| !room.is_empty());
        match stream.try_read(room.ok_or("the answer is too large")?) {
            Ok(0) => return Err("the server ended the connection".into()),
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error.to_string()),
        }
        if whole.is_none() {
            whole = head(&buffer[..length])?;
        }
        match whole {
            Some((start, Some(body))) if length >= start + body => {
                return Ok(&buffer[start..start + body]);
            }
            Some((start, None)) if buffer[start..length].ends_with(b"0\r\n\r\n") => {
                return Ok(&buffer[start..length]);
            }
            _ => {}
        }
    }
}

/// Where the body starts and how long it is (nothing when it comes in chunks), once the head is there.
fn head(read: &[u8]) -> Result<Option<(usize, Option<usize>)>, String> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200 ") {
        return Err(format!("the answer is not a page:\n{head}"));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Ok(Some((end + 4, length.and_then(|length| length.trim().parse().ok()))))
}
