BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE arrivals (
	interaction_token TEXT NOT NULL,
	requester_id BIGINT NOT NULL,
	guild_id BIGINT,
	channel_id BIGINT NOT NULL,
	message_id BIGINT NOT NULL,
	bot_is_member BOOLEAN NOT NULL,
	application_id BIGINT NOT NULL,
	options JSON NOT NULL,
	PRIMARY KEY (interaction_token)
);
INSERT INTO "arrivals" VALUES('not-a-token-a',110000000000000001,220000000000000001,33,0,1,44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": true}');
INSERT INTO "arrivals" VALUES('not-a-token-b',110000000000000001,220000000000000001,33,551,1,44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": true}');
CREATE TABLE jobs (
	id VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	requester_id BIGINT NOT NULL,
	guild_id BIGINT,
	channel_id BIGINT NOT NULL,
	message_id BIGINT NOT NULL,
	bot_is_member BOOLEAN NOT NULL,
	interaction_token TEXT NOT NULL,
	application_id BIGINT NOT NULL,
	options JSON NOT NULL,
	content JSON NOT NULL,
	style JSON NOT NULL,
	max_result_bytes BIGINT NOT NULL,
	created_at DATETIME NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	starts INTEGER NOT NULL,
	result JSON,
	error TEXT,
	delivered BOOLEAN NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('job0000000000021','queued',110000000000000001,220000000000000001,33,551,1,'not-a-token-job0000000000021',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": false}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}','{"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}',9961472,'2126-01-15 10:01:00.000001',NULL,NULL,0,NULL,NULL,0);
INSERT INTO "jobs" VALUES('job0000000000022','running',110000000000000001,220000000000000001,33,552,1,'not-a-token-job0000000000022',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": false}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}','{"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}',9961472,'2126-01-15 10:02:00.000001','2126-01-15 10:10:00.000000',NULL,1,NULL,NULL,0);
INSERT INTO "jobs" VALUES('job0000000000023','done',110000000000000001,220000000000000001,33,553,1,'not-a-token-job0000000000023',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": true}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}','{"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}',9961472,'2126-01-15 10:03:00.000001','2126-01-15 10:10:00.000000','2126-01-15 10:20:00.000000',1,'{"path": "job0000000000023-result.png", "width": 128, "height": 107, "seconds": 12.5, "steps": 57, "stopped_early": false}',NULL,1);
INSERT INTO "jobs" VALUES('job0000000000024','failed',110000000000000001,220000000000000001,33,554,1,'not-a-token-job0000000000024',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": false}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}','{"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}',9961472,'2126-01-15 10:04:00.000001','2126-01-15 10:10:00.000000','2126-01-15 10:20:00.000000',1,NULL,'Zu groß.',0);
INSERT INTO "jobs" VALUES('job0000000000025','cancelled',110000000000000001,NULL,33,555,1,'not-a-token-job0000000000025',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "keep_colours": false}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}','{"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}',9961472,'2126-01-15 10:05:00.000001',NULL,'2126-01-15 10:20:00.000000',0,NULL,NULL,1);
CREATE INDEX jobs_by_state ON jobs (state, delivered);
COMMIT;
