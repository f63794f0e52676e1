//! Fills a cache and lists it, as `auther setup` does: `setup FOLDER [--offline] [--force] [--from DIR] [--quiet]
//! [--models DIR]`.

use std::error::Error;
use std::io::IsTerminal as _;

use models::{Cache, Catalogue, Event, Options, Progress, setup, survey};

struct Lines;

impl Progress for Lines {
    fn event(&mut self, card: &str, event: Event<'_>) {
        eprintln!("{card}: {event:?}");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options { interactive: std::io::stderr().is_terminal(), ..Options::default() };
    let mut catalogue = Catalogue::built_in()?;
    let mut folder = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} wants a folder"));
        match argument.as_str() {
            "--offline" => options.offline = true,
            "--force" => options.force = true,
            "--quiet" => options.interactive = false,
            "--from" => options.from = Some(value()?.into()),
            "--models" => catalogue.add_folder(value()?.as_ref())?,
            _ => folder = Some(argument),
        }
    }
    let cache = Cache::new(folder.ok_or("usage: setup FOLDER [--offline] [--force] [--from DIR] [--models DIR]")?);
    let outcome = setup(&cache, catalogue.cards(), &mut Lines, &options);
    for finding in survey(&cache, catalogue.cards()) {
        println!("{:16} {:>9} bytes  {:12} {:?}", finding.name, finding.bytes, finding.licence, finding.state);
    }
    outcome.map_err(|error| error.to_string().into())
}
