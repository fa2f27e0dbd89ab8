CREATE TABLE batches (
    batch BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    sealed BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    PRIMARY KEY (batch)
);;
CREATE TABLE confidences (
    digest VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (digest)
);;
CREATE INDEX ix_confidences_subject ON confidences (subject);;
CREATE TABLE events (
    number BIGINT NOT NULL,
    id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    happened BIGINT NOT NULL,
    recorded BIGINT NOT NULL,
    actor VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    facts TEXT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (number),
    UNIQUE (subject, version),
    UNIQUE (id)
);;
CREATE TABLE keys (
    subject VARCHAR NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (subject)
);;
CREATE TABLE log_end (
    one INTEGER NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (one)
);;
CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);;
CREATE TABLE cases (
    "case" VARCHAR NOT NULL,
    case_type VARCHAR NOT NULL,
    type_version VARCHAR NOT NULL,
    token VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    open BOOLEAN NOT NULL,
    channel VARCHAR NOT NULL,
    category VARCHAR,
    nature VARCHAR,
    severity INTEGER,
    grid VARCHAR,
    place VARCHAR,
    x FLOAT,
    y FLOAT,
    asset VARCHAR,
    unit VARCHAR,
    supervisor VARCHAR,
    dispatched_by VARCHAR,
    opened BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    stage_due BIGINT,
    due BIGINT,
    deadline TEXT,
    closed BIGINT,
    merged_into VARCHAR,
    listed BOOLEAN NOT NULL,
    simulated BOOLEAN NOT NULL,
    changed BIGINT NOT NULL,
    version INTEGER NOT NULL,
    supplements INTEGER NOT NULL,
    urges INTEGER NOT NULL,
    returns INTEGER NOT NULL,
    suspensions INTEGER NOT NULL,
    extensions INTEGER NOT NULL,
    reworks INTEGER NOT NULL,
    reopenings INTEGER NOT NULL,
    escalations INTEGER NOT NULL,
    PRIMARY KEY ("case"),
    UNIQUE (token)
);;
CREATE INDEX cases_by_category ON cases (case_type, category, grid);;
CREATE INDEX cases_by_opening ON cases (opened);;
CREATE INDEX cases_by_place ON cases (x, y);;
CREATE INDEX cases_by_state ON cases (open, case_type, state);;
CREATE INDEX cases_by_unit ON cases (unit, open, due);;
CREATE TABLE alarms (
    alarm VARCHAR NOT NULL,
    asset VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    measure VARCHAR NOT NULL,
    level INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    worst INTEGER NOT NULL,
    label_en VARCHAR NOT NULL,
    label_zh VARCHAR NOT NULL,
    colour VARCHAR,
    value FLOAT,
    raised BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    acknowledged BIGINT,
    acknowledged_by VARCHAR,
    cleared BIGINT,
    verdict VARCHAR,
    joined INTEGER NOT NULL,
    simulated BOOLEAN NOT NULL,
    PRIMARY KEY (alarm)
);;
CREATE INDEX alarms_by_asset ON alarms (asset, raised);;
CREATE INDEX alarms_by_raising ON alarms (raised);;
CREATE UNIQUE INDEX one_open_alarm ON alarms (asset, rule) WHERE cleared IS NULL;;
CREATE TABLE incidents (
    incident VARCHAR NOT NULL,
    incident_type VARCHAR NOT NULL,
    grade VARCHAR NOT NULL,
    severity INTEGER NOT NULL,
    worst INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    alarm VARCHAR,
    "case" VARCHAR,
    x FLOAT,
    y FLOAT,
    plan VARCHAR,
    plan_version VARCHAR,
    declared BIGINT NOT NULL,
    activated BIGINT,
    closed BIGINT,
    messages TEXT NOT NULL,
    simulated BOOLEAN NOT NULL,
    changed BIGINT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (incident)
);;
CREATE INDEX incidents_by_state ON incidents (state, severity);;
CREATE UNIQUE INDEX one_open_incident_of_alarm ON incidents (alarm) WHERE closed IS NULL;;
CREATE UNIQUE INDEX one_open_incident_of_case ON incidents ("case") WHERE closed IS NULL;;
CREATE TABLE incident_tasks (
    incident VARCHAR NOT NULL,
    task VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    part_of VARCHAR NOT NULL,
    en VARCHAR NOT NULL,
    zh VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    unit VARCHAR,
    owner_en VARCHAR NOT NULL,
    owner_zh VARCHAR NOT NULL,
    after TEXT NOT NULL,
    "limit" VARCHAR NOT NULL,
    calendar VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    ready BIGINT,
    due BIGINT,
    deadline TEXT,
    started BIGINT,
    ended BIGINT,
    done_by VARCHAR,
    PRIMARY KEY (incident, task)
);;
CREATE INDEX incident_tasks_by_unit ON incident_tasks (unit, state, due);;
CREATE TABLE incident_resources (
    resource VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    en VARCHAR NOT NULL,
    zh VARCHAR NOT NULL,
    measure VARCHAR NOT NULL,
    unit VARCHAR,
    x FLOAT,
    y FLOAT,
    capacity BIGINT NOT NULL,
    assigned BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (resource),
    CONSTRAINT never_more_than_there_is CHECK (assigned >= 0 AND assigned <= capacity)
);;
CREATE TABLE incident_assignments (
    incident VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    amount BIGINT NOT NULL,
    used BIGINT NOT NULL,
    since BIGINT NOT NULL,
    released BIGINT,
    PRIMARY KEY (incident, resource)
);;
CREATE OR REPLACE FUNCTION events_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows of events are only ever added'; END $$;;
CREATE TRIGGER events_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION events_only_added();;
CREATE OR REPLACE FUNCTION batches_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows of batches are only ever added'; END $$;;
CREATE TRIGGER batches_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON batches FOR EACH STATEMENT EXECUTE FUNCTION batches_only_added();;
INSERT INTO schema_version (version) VALUES (1)
