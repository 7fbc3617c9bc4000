-- Statements that are typed by hand add to the revision too. Not a migration: MySQL with a binary log, which it has unless it
-- is turned off, lets no ordinary user make a trigger, so the tables have to do without. A part of them is made anew.

DROP TRIGGER IF EXISTS apps_created;
CREATE TRIGGER apps_created AFTER INSERT ON apps FOR EACH ROW
UPDATE registry_revision SET revision = revision + 1;

DROP TRIGGER IF EXISTS apps_changed;
CREATE TRIGGER apps_changed AFTER UPDATE ON apps FOR EACH ROW
UPDATE registry_revision SET revision = revision + 1;

DROP TRIGGER IF EXISTS apps_deleted;
CREATE TRIGGER apps_deleted AFTER DELETE ON apps FOR EACH ROW
UPDATE registry_revision SET revision = revision + 1;

DROP TRIGGER IF EXISTS app_keys_created;
CREATE TRIGGER app_keys_created AFTER INSERT ON app_keys FOR EACH ROW
UPDATE registry_revision SET revision = revision + 1;

DROP TRIGGER IF EXISTS app_keys_changed;
CREATE TRIGGER app_keys_changed AFTER UPDATE ON app_keys FOR EACH ROW
UPDATE registry_revision SET revision = revision + 1
WHERE NOT (
    OLD.`key` = NEW.`key` AND OLD.secret = NEW.secret AND OLD.app_id = NEW.app_id AND OLD.position = NEW.position
    AND OLD.created_at = NEW.created_at
);

DROP TRIGGER IF EXISTS app_keys_deleted;
CREATE TRIGGER app_keys_deleted AFTER DELETE ON app_keys FOR EACH ROW
UPDATE registry_revision SET revision = revision + 1;
