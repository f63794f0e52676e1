//! `kill -9` at random moments, in the midst of writing a snapshot or wiping it too: what was acknowledged stays, what was
//! removed stays away, and everybody is found.

mod common;

use std::env;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::Duration;

use common::{Heard, enrol, open_compacting, remove, say};

/// Names the data directory to the child; without it the child's part does nothing.
const DIR: &str = "GALLERY_CRASH_DIR";
const ROUND: &str = "GALLERY_CRASH_ROUND";
const ROUNDS: u64 = 12;
const THREADS: usize = 8;

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut heard = Heard::default();
    for round in 0..ROUNDS {
        heard.listen(&killed_after(dir.path(), round, Duration::from_millis(150 + round * 7919 % 500)));
        // Of every thread one command may have been committed and not answered, in each round.
        heard.check(dir.path(), THREADS * (round as usize + 1));
    }
    println!("{} acknowledged over {ROUNDS} rounds", heard.acknowledged());
    assert!(heard.acknowledged() > 100, "the children did hardly anything");
}

fn killed_after(dir: &Path, round: u64, time: Duration) -> String {
    let mut child = Command::new(env::current_exe().expect("this test"))
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut output = child.stdout.take().expect("piped");
    let listener = thread::spawn(move || {
        let mut text = Vec::new();
        output.read_to_end(&mut text).expect("read");
        String::from_utf8_lossy(&text).into_owned()
    });
    sleep(time);
    child.kill().expect("killed");
    child.wait().expect("waited");
    listener.join().expect("no panic")
}

/// The child's part: enrols without end, removes every third.
#[test]
fn child() {
    let (Ok(dir), Ok(round)) = (env::var(DIR), env::var(ROUND)) else { return };
    let gallery = open_compacting(Path::new(&dir));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (gallery, round) = (&gallery, &round);
            scope.spawn(move || {
                for number in 0_u64.. {
                    let id = format!("r{round}t{thread}n{number}");
                    enrol(gallery, &id).expect("enrolled");
                    say('e', &id);
                    if number % 3 == 0 {
                        say('r', &id);
                        remove(gallery, &id).expect("removed");
                        say('d', &id);
                    }
                }
            });
        }
    });
}
