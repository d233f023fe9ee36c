-- The journal only grows: a body never changes, a number is given once, nothing is deleted.
CREATE FUNCTION ledger_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'ledger entries are never deleted';
  END IF;
  IF OLD.seq IS NOT NULL OR (NEW.id, NEW.body, NEW.leaf, NEW.inserted) IS DISTINCT FROM (OLD.id, OLD.body, OLD.leaf, OLD.inserted) THEN
    RAISE EXCEPTION 'ledger entry % is final', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_guard BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_guard();
