//! The crash sweep: the engine dies at every single thing that it asks of the outside (a request, an answer, a drawn
//! number, so also before and after every commit), and a new one takes over the same database. Whatever the moment,
//! nothing is charged or issued twice, nothing that was approved is failed, and everything comes to rest.

#[path = "sweep/check.rs"]
mod check;
#[path = "sweep/cut.rs"]
mod cut;
#[path = "sweep/key_in.rs"]
mod key_in;
#[path = "sweep/scripts.rs"]
mod scripts;
#[path = "sweep/world.rs"]
mod world;

use dangol_gateway::{Entry, GATEWAYS};

use key_in::{Keyed, KeyedIssue};
use scripts::{Charge, Checked, Confirmed, GiveBack, Issue, Refused, Scheduled, Script};
use world::{Life, Where, World};

/// No flow asks the outside for so much.
const ASKED_MAX: usize = 200;
/// Every flow asks at least so often: numbers for two writes, a request and its answer, a job, a webhook and its answer.
const ASKED_MIN: usize = 7;

#[test]
fn a_charge_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Charge>(Where::Sqlite);
}

#[test]
fn a_charge_survives_a_crash_anywhere_on_postgres() {
    sweep::<Charge>(Where::Postgres);
}

#[test]
fn an_issue_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Issue>(Where::Sqlite);
}

#[test]
fn an_issue_survives_a_crash_anywhere_on_postgres() {
    sweep::<Issue>(Where::Postgres);
}

/// What differs from an issue comes before anything is committed: one engine is enough.
#[test]
fn a_merchants_yes_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Confirmed>(Where::Sqlite);
}

#[test]
fn a_merchants_no_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Refused>(Where::Sqlite);
}

#[test]
fn a_cancel_survives_a_crash_anywhere_on_sqlite() {
    sweep::<GiveBack>(Where::Sqlite);
}

#[test]
fn a_cancel_survives_a_crash_anywhere_on_postgres() {
    sweep::<GiveBack>(Where::Postgres);
}

#[test]
fn a_schedule_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Scheduled>(Where::Sqlite);
}

#[test]
fn a_schedule_survives_a_crash_anywhere_on_postgres() {
    sweep::<Scheduled>(Where::Postgres);
}

/// What differs from a charge and a cancel is one more job of the same write: one engine is enough.
#[test]
fn a_checked_card_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Checked>(Where::Sqlite);
}

#[test]
fn a_charge_of_card_data_survives_a_crash_anywhere_on_sqlite() {
    sweep::<Keyed>(Where::Sqlite);
}

#[test]
fn a_charge_of_card_data_survives_a_crash_anywhere_on_postgres() {
    sweep::<Keyed>(Where::Postgres);
}

#[test]
fn a_key_and_a_charge_of_card_data_survive_a_crash_anywhere_on_sqlite() {
    sweep::<KeyedIssue>(Where::Sqlite);
}

#[test]
fn a_key_and_a_charge_of_card_data_survive_a_crash_anywhere_on_postgres() {
    sweep::<KeyedIssue>(Where::Postgres);
}

fn sweep<S: Script>(place: Where) {
    let of_kind = |entry: &&Entry| entry.gateway.profile().kinds.contains(&S::KIND);
    for entry in GATEWAYS.iter().filter(of_kind) {
        let world = World::make(entry, S::KIND, place);
        let mut ends = check::Ends::default();
        for retries in [false, true] {
            let asked = (1..ASKED_MAX).find(|n| !crashes_at::<S>(&world, *n, retries, &mut ends));
            let asked = asked.expect("the flow comes to its end");
            assert!(
                asked > ASKED_MIN,
                "only {asked} moments: what is being cut?"
            );
        }
        ends.vary(provider(entry), S::ENDS_WELL);
        let life = Life::begin(&world, None);
        life.run(check::nothing_else_happened(life.stage()))
            .expect("no crash is planned");
        life.end();
    }
}

fn provider(entry: &Entry) -> &str {
    &entry.gateway.profile().provider
}

/// Lives until the n-th request to the outside, dies, lives again, and is looked at. Whether it died at all.
fn crashes_at<S: Script>(world: &World, n: usize, retries: bool, ends: &mut check::Ends) -> bool {
    let script = S::new(format!("{n}-{retries}"));
    let life = Life::begin(world, Some(n));
    let finished = life.run(script.clone().play(life.stage())).is_some();
    life.end();

    let life = Life::begin(world, None);
    if retries && !finished {
        // The caller asks once more, while the jobs of the dead engine come due.
        let again = script.clone().play(life.stage());
        let jobs = scripts::a_while_passes(life.stage());
        life.run(async { futures::future::join(again, jobs).await })
            .expect("no crash is planned");
    }
    life.run(scripts::come_to_rest(life.stage()))
        .expect("no crash is planned");
    let at = format!("{} {} n={n} retries={retries}", world.provider(), S::NAME);
    let attempts = retries && S::ATTEMPTS;
    life.run(check::holds(life.stage(), script.orders(), at, attempts))
        .expect("no crash is planned")
        .into_iter()
        .for_each(|state| ends.saw(state));
    life.end();
    !finished
}
