BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
INSERT INTO "arrivals" VALUES('not-a-token-a',110000000000000001,220000000000000001,33,0,1,44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "photo", "style_scale": 1.0}');
INSERT INTO "arrivals" VALUES('not-a-token-b',110000000000000001,220000000000000001,33,551,1,44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "photo", "style_scale": 1.0}');
CREATE TABLE "jobs" (
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
	max_result_bytes BIGINT NOT NULL,
	created_at DATETIME NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	starts INTEGER NOT NULL,
	result JSON,
	error TEXT,
	delivered BOOLEAN NOT NULL,
	styles JSON NOT NULL,
	mask JSON,
	parent_id VARCHAR(16),
	start_from TEXT,
	strengths JSON NOT NULL,
	locale VARCHAR(16) NOT NULL,
	private BOOLEAN NOT NULL,
	spoiler BOOLEAN NOT NULL,
	alt TEXT,
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('job0000000000031','queued',110000000000000001,220000000000000001,33,551,1,'not-a-token-job0000000000031',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "style", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:01:00.000001',NULL,NULL,0,NULL,NULL,0,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]',NULL,NULL,NULL,'[]','de',0,0,NULL);
INSERT INTO "jobs" VALUES('job0000000000032','running',110000000000000001,220000000000000001,33,552,1,'not-a-token-job0000000000032',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "style", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:02:00.000001','2126-01-15 10:10:00.000000',NULL,1,NULL,NULL,0,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]',NULL,NULL,NULL,'[]','de',0,0,NULL);
INSERT INTO "jobs" VALUES('job0000000000033','done',110000000000000001,220000000000000001,33,553,1,'not-a-token-job0000000000033',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "photo", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:03:00.000001','2126-01-15 10:10:00.000000','2126-01-15 10:20:00.000000',1,'{"path": "job0000000000033-result.png", "width": 128, "height": 107, "seconds": 12.5, "steps": 57, "stopped_early": false, "device": "cuda:0", "raw": "job0000000000033-result-raw.png", "recording": "job0000000000033-result-recording.zip", "notes": ["kleiner als gewünscht"]}',NULL,1,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]','{"path": "mask.png", "thumbnail": "mask.jpg", "filename": "mask.jpeg", "sha256": "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", "width": 48, "height": 40}',NULL,NULL,'[]','de',0,1,'Ein See');
INSERT INTO "jobs" VALUES('job0000000000034','failed',110000000000000001,220000000000000001,33,554,1,'not-a-token-job0000000000034',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "style", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:04:00.000001','2126-01-15 10:10:00.000000','2126-01-15 10:20:00.000000',1,NULL,'Zu groß.',0,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]',NULL,NULL,NULL,'[]','de',0,0,NULL);
INSERT INTO "jobs" VALUES('job0000000000035','cancelled',110000000000000001,NULL,33,555,1,'not-a-token-job0000000000035',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "style", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:05:00.000001',NULL,'2126-01-15 10:20:00.000000',0,NULL,NULL,1,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]',NULL,NULL,NULL,'[]','de',0,0,NULL);
INSERT INTO "jobs" VALUES('job0000000000036','queued',110000000000000001,220000000000000001,33,556,0,'not-a-token-job0000000000036',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "style", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:06:00.000001',NULL,NULL,0,NULL,NULL,0,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]',NULL,'job0000000000033','job0000000000033-result-raw.png','[]','de',1,0,NULL);
INSERT INTO "jobs" VALUES('job0000000000037','queued',110000000000000001,220000000000000001,33,557,1,'not-a-token-job0000000000037',44,'{"preset": "draft", "strength": 60, "size": 128, "seed": 5, "weights": "original", "init": null, "pooling": null, "content_layers": null, "style_layers": null, "tv_weight": null, "colours": "style", "style_scale": 1.0}','{"path": "content.png", "thumbnail": "content.jpg", "filename": "content.jpeg", "sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "width": 48, "height": 40}',9961472,'2126-01-15 10:07:00.000001',NULL,NULL,0,NULL,NULL,0,'[{"image": {"path": "style.png", "thumbnail": "style.jpg", "filename": "style.jpeg", "sha256": "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss", "width": 48, "height": 40}, "weight": 1.0}]',NULL,NULL,NULL,'[15, 40, 65, 90]','de',0,0,NULL);
CREATE INDEX jobs_by_state ON jobs (state, delivered);
COMMIT;
