//! From where a merchant's server may call.

mod common;

use common::Place;
use dangol_domain::UserCode;
use dangol_domain::network::Network;
use dangol_store::allowed_networks::{all, change};

on_both_engines!(a_list_is_a_merchants_own_and_has_nothing_twice);

async fn a_list_is_a_merchants_own_and_has_nothing_twice(place: Place) {
    let db = place.open().await;
    db.migrate().await.expect("the product's own schema");
    let [one, two] = ["imp00000001", "imp00000002"].map(|code| UserCode::parse(code).unwrap());
    let networks = |texts: &[&str]| -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    let (first, second) = (networks(&["2001:db8::/32"]), networks(&["192.0.2.0/24"]));
    change(&db, &one, &first, &[], 1).await.unwrap();
    change(&db, &one, &networks(&["192.0.2.7/24"]), &[], 2)
        .await
        .unwrap();
    change(&db, &one, &second, &[], 3).await.unwrap();
    change(&db, &two, &second, &[], 3).await.unwrap();
    assert_eq!(all(&db, &one).await.unwrap(), [&*first, &*second].concat());
    // One for another, at once.
    let third = networks(&["198.51.100.7"]);
    change(&db, &one, &third, &first, 4).await.unwrap();
    assert_eq!(all(&db, &one).await.unwrap(), [&*second, &*third].concat());
    change(
        &db,
        &one,
        &[],
        &networks(&["192.0.2.0/24", "198.51.100.7"]),
        5,
    )
    .await
    .unwrap();
    assert!(all(&db, &one).await.unwrap().is_empty());
    assert_eq!(all(&db, &two).await.unwrap(), second);
}
