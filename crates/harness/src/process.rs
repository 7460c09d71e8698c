//! The product as a process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::api::Api;
use crate::binary;
use crate::database::{Database, Engine};
use crate::until;

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A sandbox's server whose simulators are elsewhere.
const ONE_MORE: [&str; 3] = ["serve", "--sandbox", "--no-simulators"];

/// How the product is to be run.
pub struct Setup {
    /// Where it keeps its data.
    pub engine: Engine,
    /// `demo`, or `serve` with what belongs to it.
    pub command: &'static [&'static str],
    /// The log's level.
    pub log: &'static str,
    /// `dangol.toml`.
    pub config: &'static str,
}

impl Setup {
    /// A demo.
    pub fn demo(engine: Engine) -> Setup {
        Setup {
            engine,
            command: &["demo"],
            log: "info",
            config: "",
        }
    }

    /// Starts it.
    pub async fn start(self) -> Dangol {
        Dangol::start(self).await
    }
}

/// A command that runs beside the product; ended when dropped.
pub struct Beside {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Beside {
    /// The lines that it wrote to stdout so far.
    pub fn lines(&self) -> Vec<String> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.lines().map(str::to_owned).collect()
    }

    /// A line with a word in it, once there is one.
    pub async fn line(&self, word: &str) -> String {
        until(&format!("a line with {word}"), || async {
            self.lines().into_iter().find(|line| line.contains(word))
        })
        .await
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running product with its data, both gone when dropped.
pub struct Dangol {
    setup: Setup,
    /// The key ring of the product whose database this one shares.
    key_ring: Option<PathBuf>,
    /// Its simulators, when they run apart.
    simulators: Option<Child>,
    /// Its data and what it said.
    pub database: Database,
    folder: TempDir,
    /// Main's address, and what else is told about listeners.
    listen: Vec<String>,
    child: Option<Child>,
    said: Arc<Mutex<String>>,
    urls: Vec<(String, String)>,
}

impl Dangol {
    /// Starts a demo.
    pub async fn demo(engine: Engine) -> Dangol {
        Setup::demo(engine).start().await
    }

    async fn start(setup: Setup) -> Dangol {
        let database = Database::make(setup.engine).await;
        Dangol::start_on(setup, database, None)
    }

    /// One more server of this sandbox, with a folder and a configuration of its own: it shares the database, and this
    /// one's simulators.
    ///
    /// # Panics
    /// On SQLite, which one server has for itself.
    pub fn one_more(&self, config: &'static str) -> Dangol {
        let setup = Setup {
            command: &ONE_MORE,
            config,
            ..Setup::demo(Engine::Postgres)
        };
        let ring = self.data().join("keys").join("key-ring");
        Dangol::start_on(setup, self.database.share(), Some(ring))
    }

    fn start_on(setup: Setup, database: Database, key_ring: Option<PathBuf>) -> Dangol {
        let folder = TempDir::with_prefix("dangol-harness-").expect("a temporary folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        std::fs::write(data.join("dangol.toml"), setup.config).expect("a configuration");
        let mut dangol = Dangol {
            setup,
            key_ring,
            simulators: None,
            database,
            folder,
            listen: vec!["127.0.0.1:0".to_owned()],
            child: None,
            said: Arc::default(),
            urls: Vec::new(),
        };
        dangol.run();
        dangol
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it logged so far, over all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// What it wrote to stdout so far, over all its lives.
    pub fn said(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.clone()
    }

    /// The origin of a listener: `main`, `pg`, `shop`.
    ///
    /// # Panics
    /// When there is none.
    pub fn url(&self, listener: &str) -> &str {
        let found = self.urls.iter().find(|(name, _)| name == listener);
        &found
            .unwrap_or_else(|| panic!("no listener {listener} in {:?}", self.urls))
            .1
    }

    /// The listeners that it named.
    pub fn listeners(&self) -> Vec<&str> {
        self.urls.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// A merchant's server, as the demo merchant.
    pub fn api(&self) -> Api {
        Api::new(self.url("main"))
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Ends it at once, without a last word: what it had not handed to the system is gone.
    pub fn kill9(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("a kill is sent");
        child.wait().expect("it ends");
    }

    /// Starts it again on the same data, after it has ended.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "it still runs");
        self.run();
    }

    /// Starts it again, after it has ended, with its simulators in a process of their own at the address where they were.
    pub fn restart_apart(&mut self) {
        let at = self.url("pg").trim_start_matches("http://").to_owned();
        let mut command = self.prepare();
        command
            .args(["sandbox", "--listen", &at, "--data"])
            .arg(self.data().join("sandbox"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(append(&self.log_path()));
        let mut child = command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        self.simulators = Some(child);
        self.listening(&read_lines(stdout, Arc::clone(&self.said)));
        self.setup.command = &ONE_MORE;
        self.restart();
    }

    /// Starts it again, after it has ended, with its simulators back in the one process.
    pub fn restart_whole(&mut self) {
        if let Some(mut simulators) = self.simulators.take() {
            simulators.kill().expect("a kill is sent");
            simulators.wait().expect("they end");
        }
        self.setup.command = &["demo"];
        self.restart();
    }

    /// As [`Dangol::restart`] of a demo, with its main listener where it was.
    pub fn restart_in_place(&mut self) {
        let main = self.url("main").strip_prefix("http://");
        let main = main.expect("an origin").to_owned();
        self.listen = [
            main.as_str(),
            "--pg-listen",
            "127.0.0.1:0",
            "--shop-listen",
            "127.0.0.1:0",
        ]
        .map(str::to_owned)
        .to_vec();
        self.restart();
    }

    /// Asks it to stop, waits, and gives its exit code.
    pub fn sigterm(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("it runs");
        let sent = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status();
        assert!(
            sent.expect("kill runs").success(),
            "the signal was not sent"
        );
        child.wait().expect("it ends").code()
    }

    /// Runs another command of the binary on the same data.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let mut command = self.prepare();
        command.args(arguments);
        command.output().expect("the binary runs")
    }

    /// Starts another command of the binary on the same data, which goes on until it is dropped.
    pub fn beside(&self, arguments: &[&str]) -> Beside {
        let mut command = self.prepare();
        command.args(arguments).stdin(Stdio::null());
        command
            .stdout(Stdio::piped())
            .stderr(append(&self.log_path()));
        let mut child = command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let said = Arc::default();
        read_lines(stdout, Arc::clone(&said));
        Beside { child, said }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("stderr.log")
    }

    /// The binary with this data, and nothing else of the environment that speaks to it.
    fn prepare(&self) -> Command {
        let mut command = Command::new(binary::path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DANGOL_") {
                command.env_remove(name);
            }
        }
        command.env("DANGOL_DATA", self.data());
        if let Some(url) = self.database.url() {
            command.env("DANGOL_DATABASE_URL", url);
        }
        if let Some(path) = &self.key_ring {
            command.env("DANGOL_KEY_RING_FILE", path);
        }
        command
    }

    fn run(&mut self) {
        let mut command = self.prepare();
        command
            .args(self.setup.command)
            .args(["--log", self.setup.log, "--listen"])
            .args(&self.listen)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(append(&self.log_path()));
        let mut child = command.spawn().expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let lines = read_lines(stdout, Arc::clone(&self.said));
        self.child = Some(child);
        self.urls = self.listening(&lines);
    }

    /// Reads the listeners until `ready`.
    fn listening(&self, lines: &Receiver<String>) -> Vec<(String, String)> {
        let mut urls = Vec::new();
        loop {
            let Ok(line) = lines.recv_timeout(START) else {
                panic!("it did not become ready:\n{}", self.log());
            };
            if line == "ready" {
                return urls;
            }
            if let Some((name, url)) = line
                .strip_prefix("listening ")
                .and_then(|rest| rest.split_once(' '))
            {
                urls.push((name.to_owned(), url.to_owned()));
            }
        }
    }
}

impl Drop for Dangol {
    fn drop(&mut self) {
        for mut child in [self.child.take(), self.simulators.take()]
            .into_iter()
            .flatten()
        {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            // A test's output is shown when it fails: what the product said belongs there.
            let log = self.log();
            let from = log.len().saturating_sub(8000);
            let last = log.get(from..).unwrap_or(&log);
            std::io::Write::write_all(&mut std::io::stderr(), last.as_bytes()).unwrap_or_default();
        }
    }
}

fn append(path: &Path) -> Stdio {
    let mut options = std::fs::OpenOptions::new();
    let file = options.create(true).append(true).open(path);
    Stdio::from(file.expect("a log file"))
}

/// Passes lines on as they come, and keeps them.
fn read_lines(
    from: impl std::io::Read + Send + 'static,
    said: Arc<Mutex<String>>,
) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
            drop(said);
            // Nobody listens after `ready`.
            let _ = send.send(line);
        }
    });
    lines
}
