//! HTTP/1.1 by hand over one kept connection: cheap enough for a bench, and able to hang up in the middle.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects to the host and port of an origin.
    ///
    /// # Errors
    /// When nobody listens there.
    #[expect(clippy::disallowed_methods, reason = "a test's client is the outside")]
    pub async fn open(origin: &str) -> io::Result<Connection> {
        let address = origin.strip_prefix("http://").unwrap_or(origin);
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            read: Vec::with_capacity(8192),
        })
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When the connection is broken.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await
    }

    /// Reads one answer: its status and body. The body's length must be told.
    ///
    /// # Errors
    /// When the connection breaks before the answer is complete.
    pub async fn answer(&mut self) -> io::Result<(u16, Vec<u8>)> {
        loop {
            if let Some((status, from, to)) = frame(&self.read)? {
                let body = self.read[from..to].to_vec();
                self.read.drain(..to);
                return Ok((status, body));
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// A POST of JSON with a token.
pub fn post_json(path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Status, begin and end of the body, when the answer is complete.
fn frame(read: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(head_end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&read[..head_end]).to_ascii_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, head));
    };
    let body = head_end + 4;
    Ok((read.len() >= body + length).then_some((status, body, body + length)))
}
