//! How many verifications a second each system does at most, by turns, so that the ratios hold even where the machine does
//! not hold still.

use std::time::Duration;

use super::Plan;
use super::client::Client;
use super::closed::{self, Closed};
use super::peers::{self, CONNECTIONS, Peer, Peers, Question};
use super::photographs::Person;
use super::report::{CapacityReport, Range, System, SystemReport};
use super::server::Server;
use crate::photograph::Size;
use crate::{Error, Progress};

/// What is measured: ours, and those beside it that are there.
pub(super) struct Field<'a, 'p> {
    pub(super) server: &'a Server,
    pub(super) peers: Option<&'a mut Peers<'p>>,
    pub(super) chosen: &'a [Peer],
    /// Where deepface's server listens.
    pub(super) deepface: Option<u16>,
    pub(super) persons: &'a [Person],
}

impl Field<'_, '_> {
    /// The systems, in the order in which they are shown.
    fn systems(&self) -> Vec<System> {
        let is_there = |system: &System| match system.peer() {
            None => true,
            Some(peer) => self.peers.is_some() && self.chosen.contains(&peer),
        };
        System::ALL.into_iter().filter(is_there).collect()
    }

    fn clients(&self, size: Size) -> Clients {
        let requests = self.persons.iter().map(|person| self.server.verify(person, person.probe(size)));
        let deepface = |question| self.deepface.map(|port| peers::deepface(port, self.persons, size, question));
        Clients {
            ours: self.server.client(requests.collect()),
            represent: deepface(Question::Represent),
            verify: deepface(Question::Verify),
        }
    }

    fn run(&mut self, system: System, clients: &Clients, size: Size, length: Duration) -> Result<Closed, Error> {
        let missing = || Error::Python("it is not there".into());
        let ask = |client: &Option<Client>| {
            client.as_ref().map(|client| closed::run(client, CONNECTIONS, length)).ok_or_else(missing)
        };
        let mut alone = |peer| {
            let rate = self.peers.as_mut().ok_or_else(missing)?.run(peer, size, length)?;
            Ok(Closed { rate, ..Closed::default() })
        };
        match system {
            System::Ours => Ok(closed::run(&clients.ours, CONNECTIONS, length)),
            System::DeepfaceRepresent => ask(&clients.represent),
            System::DeepfaceVerify => ask(&clients.verify),
            System::OpenCv => alone(Peer::OpenCv),
            System::FaceRecognition => alone(Peer::FaceRecognition),
        }
    }

    /// Measures all systems on photographs of one size.
    pub(super) fn measure(
        &mut self,
        size: Size,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<CapacityReport, Error> {
        let (systems, clients) = (self.systems(), self.clients(size));
        let mut reports: Vec<SystemReport> = systems.iter().map(|system| SystemReport::of(*system)).collect();
        progress.begin(size.name(), (plan.rounds * systems.len()) as u64);
        for round in 0..plan.rounds {
            // Who is first in one round is later in the next: what one leaves to the next is shared out.
            for at in (0..systems.len()).map(|at| (at + round) % systems.len()) {
                let Closed { rate, counts } = self.run(systems[at], &clients, size, plan.turn)?;
                reports[at].rates.push(rate);
                reports[at].counts.merge(counts);
                progress.advance();
            }
        }
        progress.end();
        summarise(&mut reports);
        Ok(CapacityReport { size, systems: reports })
    }
}

/// Who is asked over HTTP.
struct Clients {
    ours: Client,
    represent: Option<Client>,
    verify: Option<Client>,
}

/// Medians, and ratios of ours to each within each round.
fn summarise(reports: &mut [SystemReport]) {
    let ours = reports.iter().find(|report| report.system == System::Ours).map(|report| report.rates.clone());
    for report in reports {
        report.per_second = Range::of(&report.rates);
        let ratios = ours.iter().flatten().zip(&report.rates).map(|(ours, theirs)| ours / theirs);
        report.ours_by_it = (report.system != System::Ours).then(|| Range::of(&ratios.collect::<Vec<_>>()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round() {
        let report = |system, rates: [f64; 3]| SystemReport { rates: rates.to_vec(), ..SystemReport::of(system) };
        // A machine that is three times slower in the second round changes no ratio.
        let mut reports = [report(System::Ours, [30.0, 10.0, 33.0]), report(System::OpenCv, [15.0, 5.0, 15.0])];
        summarise(&mut reports);
        assert_eq!(reports[0].per_second, Range { median: 30.0, low: 10.0, high: 33.0 });
        assert_eq!(reports[0].ours_by_it, None);
        assert_eq!(reports[1].ours_by_it, Some(Range { median: 2.0, low: 2.0, high: 2.2 }));
    }
}
