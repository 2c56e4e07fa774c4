from django.db import migrations

from flowpilot.core.immutable import refuse_changes

# The entries go with their account, by the database's own hand, and never otherwise: when the key's
# action deletes them, their account is gone already.
WITH_THE_ACCOUNT = """
ALTER TABLE accounts_auditevent
    ADD CONSTRAINT accounts_auditevent_account_fk FOREIGN KEY (account_id)
    REFERENCES accounts_account (id) ON DELETE CASCADE;

CREATE FUNCTION flowpilot_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_account WHERE id = OLD.account_id) THEN
        RAISE EXCEPTION 'Rows of % are kept as long as their account', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER accounts_auditevent_kept BEFORE DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION flowpilot_refuse_delete();
"""
BACK = """
DROP TRIGGER accounts_auditevent_kept ON accounts_auditevent;
DROP FUNCTION flowpilot_refuse_delete();
ALTER TABLE accounts_auditevent DROP CONSTRAINT accounts_auditevent_account_fk;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_audit"), ("core", "0001_immutable_rows")]

    operations = [refuse_changes("accounts_auditevent"), migrations.RunSQL(WITH_THE_ACCOUNT, BACK)]
