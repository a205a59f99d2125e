CREATE TABLE reconcile_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT reconcile_version_pkc PRIMARY KEY (version_num));
INSERT INTO reconcile_version VALUES ('0002');
CREATE TABLE reconcile_runs (
    name TEXT NOT NULL,
    command TEXT NOT NULL,
    username TEXT NOT NULL,
    host TEXT NOT NULL,
    revision TEXT,
    accounts TEXT NOT NULL,
    plan TEXT NOT NULL,
    started DOUBLE PRECISION NOT NULL,
    finished DOUBLE PRECISION,
    status TEXT NOT NULL,
    resumes TEXT,
    CONSTRAINT reconcile_runs_pkey PRIMARY KEY (name)
);
CREATE INDEX reconcile_runs_started ON reconcile_runs (started);
CREATE INDEX reconcile_runs_status ON reconcile_runs (status);
CREATE TABLE reconcile_steps (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    account_key TEXT NOT NULL,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    live_id BIGINT,
    owner BIGINT,
    client TEXT,
    fields TEXT NOT NULL,
    live TEXT,
    intended DOUBLE PRECISION,
    ended DOUBLE PRECISION,
    outcome TEXT,
    error TEXT NOT NULL,
    note TEXT NOT NULL,
    wave INTEGER,
    CONSTRAINT reconcile_steps_pkey PRIMARY KEY (run, number),
    CONSTRAINT reconcile_steps_run_fkey FOREIGN KEY(run) REFERENCES reconcile_runs (name) ON DELETE CASCADE
);
CREATE INDEX reconcile_steps_resource ON reconcile_steps (account_key, kind, name, intended);
CREATE TABLE reconcile_waves (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    started DOUBLE PRECISION,
    carried_out DOUBLE PRECISION,
    finished DOUBLE PRECISION,
    passed BOOLEAN,
    verdicts TEXT NOT NULL,
    CONSTRAINT reconcile_waves_pkey PRIMARY KEY (run, number),
    CONSTRAINT reconcile_waves_run_fkey FOREIGN KEY(run) REFERENCES reconcile_runs (name) ON DELETE CASCADE
);
CREATE TABLE reconcile_leases (
    account_key TEXT NOT NULL,
    account TEXT NOT NULL,
    run TEXT NOT NULL,
    command TEXT NOT NULL,
    username TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process TEXT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    heartbeat DOUBLE PRECISION NOT NULL,
    CONSTRAINT reconcile_leases_pkey PRIMARY KEY (account_key)
);
INSERT INTO reconcile_runs VALUES ('20261122T101112Z-0a1b2c', 'apply', 'анна', 'laptop', '524f103+', '{"studio":"sha256:one"}', '{"format_version":"1.0","summary":{"create":1,"update":1,"delete":0,"noop":0,"manual":0},"complete":true,"changes":[],"diagnostics":[],"manual":[]}', 1795342272.25, 1795342274.5, 'partial', '20261121T101112Z-0d1e2f');
INSERT INTO reconcile_runs VALUES ('20261121T101112Z-0d1e2f', 'destroy', 'boris', 'server', NULL, '{"studio":"sha256:one"}', '{"format_version":"1.0","summary":{"create":0,"update":0,"delete":1,"noop":0,"manual":0},"complete":true,"changes":[],"diagnostics":[],"manual":[]}', 1795255872.0, NULL, 'running', NULL);
INSERT INTO reconcile_steps VALUES ('20261122T101112Z-0a1b2c', 0, 'sha256:one', 'studio', 'site', 'xn--80atjc.xn--p1ai', 'create', 'declared in sites.yaml, not live', 12, NULL, 'studio/client/acme', '[["url",null,"\u043e\u043a\u043d\u0430.\u0440\u0444"],["managers",null,[{"phone":"+74951234567"}]]]', NULL, 1795342272.5, 1795342273.0, 'done', '', '', 1);
INSERT INTO reconcile_steps VALUES ('20261122T101112Z-0a1b2c', 1, 'sha256:one', 'studio', 'site', 'acme.ru', 'update', 'differs from sites.yaml', 7, NULL, NULL, '[["widget.call_time",28,35]]', '{"url":"acme.ru","widget.call_time":28}', 1795342273.0, 1795342274.0, 'failed', 'the service refused it', '', 2);
INSERT INTO reconcile_steps VALUES ('20261121T101112Z-0d1e2f', 0, 'sha256:one', 'studio', 'site', 'old.ru', 'delete', 'undeclared', 9, NULL, NULL, '[]', '{"url":"old.ru"}', 1795255872.5, NULL, NULL, '', '', NULL);
INSERT INTO reconcile_waves VALUES ('20261122T101112Z-0a1b2c', 1, '1', 1795342272.25, 1795342273.0, 1795342273.25, TRUE, '[["command ./check.sh",true,""]]');
INSERT INTO reconcile_waves VALUES ('20261122T101112Z-0a1b2c', 2, '9', 1795342273.25, NULL, NULL, NULL, '[]');
INSERT INTO reconcile_leases VALUES ('sha256:one', 'studio', '20261121T101112Z-0d1e2f', 'destroy', 'boris', 'server', 4711, '', 1795255871.0, 1795255880.0);
