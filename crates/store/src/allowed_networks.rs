//! The networks from which a merchant's server may call the V1 API.

use dangol_domain::UserCode;
use dangol_domain::network::Network;

use crate::json::corrupt;
use crate::{Db, StoreError, Write, key_of, values};

crate::statements! {
    ADD = "INSERT INTO allowed_network (merchant, network, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    REMOVE = "DELETE FROM allowed_network WHERE merchant = $1 AND network = $2";
    ALL = "SELECT network FROM allowed_network WHERE merchant = $1 ORDER BY added_at, network";
}

/// A merchant's networks, oldest first; with none it may call from anywhere.
pub async fn all(db: &Db, merchant: &UserCode) -> Result<Vec<Network>, StoreError> {
    let rows = db.read(ALL, values![merchant.as_str()]).await?;
    let network = |row: &crate::Row| row.text(0)?.parse().map_err(|_| corrupt("network"));
    rows.iter().map(network).collect()
}

/// Adds some networks and removes others, in one commit. What is there is not added twice.
pub async fn change(
    db: &Db,
    merchant: &UserCode,
    add: &[Network],
    remove: &[Network],
    now: i64,
) -> Result<(), StoreError> {
    let merchant = merchant.as_str();
    let mut write = Write::new(key_of(merchant));
    for network in add {
        write = write.step(ADD, values![merchant, network.to_string(), now]);
    }
    for network in remove {
        write = write.step(REMOVE, values![merchant, network.to_string()]);
    }
    db.write(write).await.map(|_| ())
}
