//! What `--help` says below the options: an example, what a command needs first, what comes next.
//!
//! A paragraph is one line here: the terminal's width breaks it. A test of `cli.rs` holds that every command has one
//! and that the examples are understood.

mod back_office;
mod signing;

pub(crate) use back_office::*;
pub(crate) use signing::*;

pub(crate) const TOP: &str = "\
Exit status of every command:
  0  yes, or done
  2  no: not matched, not found, or an image refused; under --json the reason is on standard output
  1  an error, also in how the command was typed

With --server URL (or AUTHER_SERVER) the commands about faces ask a server, and need neither models nor databases here. The API \
    key is read from AUTHER_API_KEY or a file, never from the command line, which everybody on the machine can read.

Examples:
  auther setup
  auther enrol mark mark.jpg
  auther identify somebody.jpg
  auther identify somebody.jpg --server https://auth.example.org --api-key-file key.txt";

pub(crate) const SERVE: &str = "\
Needs the models (`auther setup`). The first time, the log shows a link: open it in a browser to become the operator. \
    Keys for whoever calls are made in the back-office, or with `auther key create`, also while it runs. Next, ask it \
    whether it is ready: curl http://127.0.0.1:8080/readyz

Examples:
  auther serve
  auther serve --listen localhost:8080 --data /var/lib/auther";

pub(crate) const SETUP: &str = "\
Needs a network, pip or a folder with the files; what is there and right is left alone, so it may be run again. \
    Next: `auther doctor` looks whether all is well, `auther key create` makes a key, `auther serve` serves.

Examples:
  auther setup
  auther setup --from /media/stick";

pub(crate) const PERSON: &str = "\
Persons come from `auther enrol`, `auther import` or the HTTP API.

Examples:
  auther person list
  auther person remove mark";

pub(crate) const PERSON_GET: &str = "\
`auther person list` lists the ids. Exit status: 0 when enrolled, 2 when not, 1 on an error.

Examples:
  auther person get mark
  auther person get mark --server https://auth.example.org";

pub(crate) const PERSON_LIST: &str = "\
The next page begins after the last id of this one.

Example:
  auther person list --after mark --limit 1000 --json";

pub(crate) const PERSON_UPDATE: &str = "\
The person must be enrolled, and the image pass what an enrolment asks for: `auther check IMAGE` shows it.
Exit status: 0 when replaced, 2 when there is no such person or the image is refused, 1 on an error.

Examples:
  auther person update mark newer.jpg
  auther person update mark newer.jpg --server https://auth.example.org";

pub(crate) const PERSON_REMOVE: &str = "\
It cannot be undone. Exit status: 0 when removed, 2 when there is no such person, 1 on an error.

Examples:
  auther person remove mark
  auther person remove mark --server https://auth.example.org";

pub(crate) const ENROL: &str = "\
Needs the models (`auther setup`) or a --server, an id that is free and a face that is not enrolled yet; `auther check IMAGE` \
    shows what is asked of the image. Next: `auther verify` or `auther identify` with another image of the person.
Exit status: 0 when enrolled, 2 when the image, the id or the face is refused, 1 on an error.

Examples:
  auther enrol mark mark.jpg
  auther enrol mark mark.jpg --server https://auth.example.org";

pub(crate) const VERIFY: &str = "\
The person must be enrolled (`auther enrol`). To ask who it is, use `auther identify`.
Exit status: 0 when it is the person, 2 when not, or when nobody is enrolled under the id or the image is refused, \
    1 on an error.

Examples:
  auther verify mark somebody.jpg
  auther verify mark somebody.jpg --server https://auth.example.org --signing-key-file signing.txt";

pub(crate) const IDENTIFY: &str = "\
Somebody must be enrolled (`auther enrol`, `auther import`). The best candidates are shown with their similarity, however \
    unlike; --json tells the comparison scores, too. A --server names the one who matches, or nobody.
Exit status: 0 when the best one matches, 2 when not, or when the image is refused, 1 on an error.

Examples:
  auther identify somebody.jpg --top 3
  auther identify somebody.jpg --top 10 --json
  auther identify somebody.jpg --server https://auth.example.org";

pub(crate) const DUPLICATES: &str = "\
Needs nothing but enrolled persons. An enrolment refuses a face that is enrolled under another id, so pairs are rare: they \
    come of laxer rules, or of faces that are alike. Everybody is compared with everybody, which takes long where many are \
    enrolled, and may run beside the server. Next: `auther person remove` the id that should not be.
Exit status: 0 when nobody is enrolled twice, 2 when pairs are found, 1 on an error.

Examples:
  auther duplicates
  auther duplicates --at 90 --limit 20 --json";

pub(crate) const CHECK: &str = "\
Needs the models (`auther setup`) or a --server, which does not draw. Next, when it is accepted: `auther enrol`. docs/image-requirements.md explains \
    the checks.
Exit status: 0 when all would be accepted, 2 when one would not, 1 on an error.

Examples:
  auther check me.jpg --annotate me.png
  auther check photos/*.jpg --json | jq '.[].accepted'
  auther check me.jpg --server https://auth.example.org";

pub(crate) const COMPARE: &str = "\
Needs the models (`auther setup`) or a --server; nobody has to be enrolled.
Exit status: 0 when the faces match, 2 when they do not or an image shows none, 1 on an error.

Examples:
  auther compare passport.jpg selfie.jpg --threshold 98
  auther compare passport.jpg selfie.jpg --server https://auth.example.org";

pub(crate) const IMPORT: &str = "\
Needs the models (`auther setup`). A file's name without its ending is the id: jane.jpg and staff/jane.png both \
    mean jane. It must be a valid id (1 to 128 of A-Z a-z 0-9 . _ ~ @ : + -), and one file's alone: files that share \
    an id are all refused until they are renamed. Next: `auther person list`, or `auther identify`.

It may be stopped and started again: who was enrolled before is skipped, whatever the image shows.

Exit status: 0 when all are enrolled or were there already, 2 when some are refused, 1 on an error.

Example:
  auther import photos --report refused.csv";

pub(crate) const EVAL: &str = "\
Needs the models (`auther setup`) and labelled images; docs/accuracy.md says which and what came of them.

Example:
  auther eval pairs faces --json";

pub(crate) const BENCH: &str = "\
Best on a machine that does nothing else.

Examples:
  auther bench stages portrait.jpg
  auther bench search --quick
  auther bench load --quick";

pub(crate) const BENCH_STAGES: &str = "\
Needs the models (`auther setup`) and an image with a face.

Example:
  auther bench stages portrait.jpg --repetitions 200 --json";

pub(crate) const BENCH_LIMITS: &str = "\
Needs the models (`auther setup`) and an image with a face. Peaks are measured in the same run: best on a machine that does \
    nothing else, and on one core (`taskset -c 0`).

Example:
  auther bench limits portrait.jpg --json";

pub(crate) const BENCH_FLAME: &str = "\
Needs what `perf script` printed; scripts/bench-flame.sh takes the samples and calls this.

Example:
  auther bench flame samples.txt --out flame.svg";

pub(crate) const BENCH_REPORT: &str = "\
Needs a folder with what other benchmarks printed; `make bench` runs them all and then this. The page refers to its pictures in a \
    folder beside it that has its name: docs/performance/ for docs/performance.md.

Example:
  auther bench report reports/performance --out docs/performance.md";

pub(crate) const BENCH_SEARCH: &str = "\
Needs nothing first; with --lfw the models (`auther setup`). Galleries lie in a folder of the run's own below $TMPDIR, about \
    1.1 kB a template, until it ends. Best on a machine that does nothing else.
Exit status: 0 when every answer was that of a full scan, 2 when one was not, 1 on an error.

Examples:
  auther bench search --quick --rows 100000
  auther bench search --rows 1000000 --json | jq '.targets'";

pub(crate) const BENCH_LOAD: &str = "\
Needs the models (`auther setup`) and portraits: two photographs of each person, NAME_a.jpg to enrol and NAME_b.jpg to verify, as \
    in the project's tests/photos. Starts `auther serve` by itself, on a free port with a folder of its own below $TMPDIR, and ends \
    it. Photographs of 1 and of 12 megapixels are made from the portraits. Settings (--config, AUTHER_...) are those of the server.

Throughput is measured with connections that wait for their answers, by turns with the others; then requests come at random \
    times at 0.5, 0.8, 1 and 2 times the capacity, whether or not those before them have been answered. Best on a machine that \
    does nothing else: client and server share it.

Exit status: 0 when every answer was right, or a refusal of what was too much; 2 when one was wrong, 1 on an error.

Examples:
  auther bench load --quick
  auther bench load --python target/peers/bin/python --report reports/load
  auther bench load --python target/peers/bin/python --skip face_recognition --seconds 5 --rounds 3 --json
  auther bench load --redraw reports/load";

pub(crate) const DOCTOR: &str = "\
Needs nothing first, and may run beside the server. What is wrong is said with what to do about it.
Exit status: 0 when all is well, 1 when something is not.

Example:
  auther doctor --data /var/lib/auther";

pub(crate) const SETTINGS: &str = "\
A setting comes from a TOML file (--config) or the environment (AUTHER_WORKERS=2), which wins. Next: `auther \
    serve`.

Example:
  auther settings --json";
