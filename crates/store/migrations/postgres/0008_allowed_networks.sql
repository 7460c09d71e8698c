-- Networks from which a merchant's server may call the V1 API. A merchant without a row is called from anywhere.
CREATE TABLE allowed_network (
    merchant TEXT NOT NULL,
    network  TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (merchant, network)
);
