//! Running the scripts that speak to what we are compared with: OpenCV, other indexes. They are compiled in and handed to the interpreter as text, so that nothing
//! depends on where the sources lie.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Error;

/// Where OpenCV's Python package and the published models are.
#[derive(Clone, Debug)]
pub struct OpenCv {
    /// Interpreter of a virtual environment made by `crates/eval/reference/setup.sh`.
    pub python: PathBuf,
    /// YuNet as published.
    pub yunet: PathBuf,
    /// SFace as published.
    pub sface: PathBuf,
}

impl OpenCv {
    /// Runs a script to its end.
    pub(crate) fn run(&self, script: &str, argument: &Path) -> Result<(), Error> {
        let output = self.command(script, argument).output().map_err(Error::file(&self.python))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Error::Python(String::from_utf8_lossy(&output.stderr).trim_end().to_owned())),
        }
    }

    /// Starts a script that answers every line with a line.
    pub(crate) fn converse(&self, script: &str, argument: &Path) -> Result<Conversation, Error> {
        Conversation::start(self.command(script, argument), &self.python)
    }

    fn command(&self, script: &str, argument: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg("-c").arg(script).arg(argument).arg(&self.yunet).arg(&self.sface);
        command
    }
}

/// A running script. It ends when its input does.
pub(crate) struct Conversation {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    /// Starts the command, which runs `python`.
    pub(crate) fn start(mut command: Command, python: &Path) -> Result<Self, Error> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(Error::file(python))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self { child, input, output: BufReader::new(output) }),
            _ => Err(Error::Python("the interpreter has no pipes".into())),
        }
    }

    /// Sends a line and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String, Error> {
        let broken = |error: std::io::Error| Error::Python(error.to_string());
        writeln!(self.input, "{line}").map_err(broken)?;
        self.input.flush().map_err(broken)?;
        self.hear()
    }

    /// Waits for one more line of an answer.
    pub(crate) fn hear(&mut self) -> Result<String, Error> {
        let broken = |error: std::io::Error| Error::Python(error.to_string());
        let mut answer = String::new();
        match self.output.read_line(&mut answer).map_err(broken)? {
            0 => Err(Error::Python("the script ended; its error is above".into())),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is not left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
