//! The built binary, run as an operator runs it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// How often something outside this process is looked at again, and how long in all.
const LOOKS: u32 = 200;
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// What a command said and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The command failed with a message for people: one that holds each of the texts.
    #[track_caller]
    pub fn fails(&self, code: i32, texts: &[&str]) {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.out,
            self.err
        );
        for text in texts {
            assert!(self.err.contains(text), "no `{text}` in: {}", self.err);
        }
    }

    /// The command did its work.
    #[track_caller]
    pub fn works(self) -> String {
        assert_eq!(
            self.code,
            Some(0),
            "stdout: {}\nstderr: {}",
            self.out,
            self.err
        );
        self.out
    }
}

/// The binary, without anything of this process's environment that it would follow.
fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dangol"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DANGOL_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end.
pub fn dangol(args: &[&str]) -> Said {
    dangol_with(args, &[])
}

/// Runs a command to its end, with something in its environment.
pub fn dangol_with(args: &[&str], environment: &[(&str, &str)]) -> Said {
    let output = binary()
        .args(args)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("it writes text"),
        err: String::from_utf8(output.stderr).expect("it writes text"),
    }
}

/// Who types lines about one data folder.
pub struct Operator {
    environment: Vec<(&'static str, String)>,
}

impl Operator {
    /// Of a data folder.
    pub fn of(data: String) -> Operator {
        Operator {
            environment: vec![("DANGOL_DATA", data)],
        }
    }

    /// With something more in the environment.
    pub fn with(mut self, name: &'static str, value: &str) -> Operator {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Types a line; words are what spaces divide.
    pub fn types(&self, line: &str) -> Said {
        let words: Vec<&str> = line.split_whitespace().collect();
        let environment: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        dangol_with(&words, &environment)
    }
}

/// A folder of a test's own.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("the folder is ours");
        self.text(name)
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What it said until it was ready.
    pub said: Vec<String>,
}

impl Server {
    /// Starts the binary and waits for `ready`.
    #[track_caller]
    pub fn start(args: &[&str]) -> Server {
        let mut child = binary()
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stdout = child.stdout.take().expect("it was piped");
        let mut server = Server {
            child,
            stdout: BufReader::new(stdout),
            said: Vec::new(),
        };
        loop {
            let mut line = String::new();
            server.stdout.read_line(&mut line).expect("it writes text");
            if line.is_empty() {
                let mut errors = String::new();
                let stderr = server.child.stderr.as_mut().expect("it was piped");
                stderr.read_to_string(&mut errors).expect("it writes text");
                panic!("the server ended before it was ready: {errors}");
            }
            let line = line.trim_end().to_owned();
            if line == "ready" {
                return server;
            }
            server.said.push(line);
        }
    }

    /// The origin of a listener.
    #[track_caller]
    pub fn origin(&self, name: &str) -> String {
        let start = format!("listening {name} ");
        let found = self.said.iter().find_map(|line| line.strip_prefix(&start));
        found
            .unwrap_or_else(|| panic!("no `{start}` in {:?}", self.said))
            .to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and its exit code.
    pub fn stop(self) -> Option<i32> {
        self.ask_to_stop();
        self.exit_code()
    }

    /// SIGTERM.
    pub fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// Its exit code, once it has ended.
    pub fn exit_code(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// GET; the status and the body.
#[expect(clippy::disallowed_methods, reason = "a test asks as anybody does")]
pub async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.expect("it answers");
    (
        answer.status().as_u16(),
        answer.text().await.expect("a text"),
    )
}

/// POST of a form with a header; the status and the body.
#[expect(clippy::disallowed_methods, reason = "a test asks as anybody does")]
pub async fn post_form(url: &str, header: (&str, &str), form: String) -> (u16, String) {
    let request = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header(header.0, header.1)
        .body(form);
    let answer = request.send().await.expect("it answers");
    (
        answer.status().as_u16(),
        answer.text().await.expect("a text"),
    )
}

/// A connection that asks nothing.
#[expect(clippy::disallowed_methods, reason = "a test asks as anybody does")]
pub fn connect(origin: &str) -> TcpStream {
    TcpStream::connect(origin.trim_start_matches("http://")).expect("it listens")
}

/// Looks again until there is something to see.
pub async fn eventually<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    for _ in 0..LOOKS {
        if let Some(seen) = look().await {
            return seen;
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    panic!("nothing was seen in {:?}", LOOK_PAUSE * LOOKS);
}

/// Every byte below a folder, by file.
pub fn bytes_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(bytes_below(&path)),
            false => found.push((path.clone(), std::fs::read(&path).expect("a file of ours"))),
        }
    }
    found.sort();
    found
}
