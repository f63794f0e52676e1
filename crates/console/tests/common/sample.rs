//! What a month of use leaves behind, for pages that show it.

use accounts::usage::{Done, ToCharge};
use accounts::{Actor, Networks, NewKey, Operation, Permission, Permissions, Who};
use biometric::Timestamp;

use super::House;

const DAY_MS: i64 = 86_400_000;

/// Two keys, and 28 days of requests that end now.
pub fn sample(house: &House) {
    let owner = house.user(accounts::Role::Owner);
    let by = Actor { who: Who::User(owner.id), address: None };
    let key = |name: &str, permissions: Permissions| {
        let new = NewKey {
            name: name.to_owned(),
            tenant: house.tenant,
            permissions,
            expires: None,
            networks: Networks::default(),
        };
        house.accounts.create_key(new, &by, house.now()).expect("a key").0.id
    };
    let door = key("Front door", Permissions::of(&[Permission::Identify, Permission::Verify]).expect("some"));
    let desk = key("Enrolment desk", Permissions::ALL);
    let outcomes = [
        (Operation::Identify, 200, "", 61_000),
        (Operation::Identify, 200, "", 58_500),
        (Operation::Verify, 200, "", 44_000),
        (Operation::Identify, 410, "RF_001", 60_200),
        (Operation::Create, 200, "", 83_000),
        (Operation::Create, 400, "F_007", 71_000),
        (Operation::Verify, 404, "NF_001", 43_100),
    ];
    for day in 0..28_i64 {
        // Busier in the middle of the week, and a little more every week.
        let requests = 6 + day / 4 + [2, 9, 11, 12, 10, 1, 0][usize::try_from(day % 7).expect("small")];
        for i in 0..requests {
            let (operation, status, code, latency_us) = outcomes[usize::try_from((i + day) % 7).expect("small")];
            let at = house.now().as_millis() - (27 - day) * DAY_MS - (requests - i) * 613_000;
            let (organisation, now) = (house.tenant, Timestamp::from_millis(at));
            house.usage.charge(ToCharge { organisation, limit: None, signed: None, now }).expect("charged");
            house.usage.record(Done {
                organisation: house.tenant,
                key: Some(if operation == Operation::Create { desk } else { door }),
                operation,
                status,
                code: code.to_owned(),
                latency_us,
                request_id: uuid::Uuid::now_v7().to_string(),
                at: Timestamp::from_millis(at),
            });
        }
    }
    house.usage.flush();
    for i in 1..=36 {
        let at = Timestamp::from_millis(house.now().as_millis() - i * DAY_MS * 3 / 4);
        house.operations.put(house.tenant, &format!("member-{i:04}"), at);
    }
}
