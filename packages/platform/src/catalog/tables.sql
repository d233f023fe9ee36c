-- Search documents follow the rows of resource: class and facets of policy change in the transaction that changes a label.
CREATE FUNCTION search_value_of(wanted_facet text, wanted_value text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE found integer;
BEGIN
  LOOP
    SELECT id INTO found FROM search_value WHERE facet = wanted_facet AND value = wanted_value;
    IF found IS NOT NULL THEN RETURN found; END IF;
    INSERT INTO search_value (facet, value) VALUES (wanted_facet, wanted_value) ON CONFLICT DO NOTHING;
  END LOOP;
END $$;
--> statement-breakpoint
CREATE FUNCTION search_policy_of(thing resource) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  found integer;
  wanted text := row(thing.kind, thing.organisation, thing.label_level, thing.label_categories, thing.purposes,
    thing.agreements, thing.needs_agreement, thing.needs_grant)::text;
BEGIN
  LOOP
    SELECT id INTO found FROM search_policy WHERE key = wanted;
    IF found IS NOT NULL THEN RETURN found; END IF;
    INSERT INTO search_policy (key, kind, organisation, label_level, label_categories, purposes, agreements, needs_agreement, needs_grant)
      VALUES (wanted, thing.kind, thing.organisation, thing.label_level, thing.label_categories, thing.purposes,
        thing.agreements, thing.needs_agreement, thing.needs_grant) ON CONFLICT DO NOTHING;
  END LOOP;
END $$;
--> statement-breakpoint
CREATE FUNCTION search_class_of(shown_face text, subject_id text, card_id text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  found integer;
  own_policy integer;
  card_policy integer;
  wanted text;
BEGIN
  SELECT search_policy_of(resource) INTO STRICT own_policy FROM resource WHERE id = subject_id;
  IF card_id IS NOT NULL THEN
    SELECT search_policy_of(resource) INTO STRICT card_policy FROM resource WHERE id = card_id;
  END IF;
  wanted := row(shown_face, own_policy, card_policy)::text;
  LOOP
    SELECT id INTO found FROM search_class WHERE key = wanted;
    IF found IS NOT NULL THEN RETURN found; END IF;
    INSERT INTO search_class (key, face, own, card) VALUES (wanted, shown_face, own_policy, card_policy) ON CONFLICT DO NOTHING;
  END LOOP;
END $$;
--> statement-breakpoint
-- What the row of a thing says about it. A card alone tells none of this: it shows what the card says.
CREATE FUNCTION search_policy_values(shown_face text, subject_id text) RETURNS integer[] LANGUAGE sql AS $$
  SELECT coalesce(array_agg(DISTINCT search_value_of(said.facet, said.value)), '{}')
  FROM resource, LATERAL (
    SELECT 'level' AS facet, ('{public,internal,controlled,classified}'::text[])[label_level + 1] AS value
    UNION ALL SELECT 'organisation', coalesce(organisation, 'platform')
    UNION ALL SELECT 'category', unnest(label_categories)
    UNION ALL SELECT 'purpose', unnest(purposes)
    UNION ALL SELECT 'licence', left(jsonb_array_elements_text(conditions -> 'licences'), 100)
  ) AS said
  WHERE resource.id = subject_id AND shown_face <> 'card'
$$;
--> statement-breakpoint
-- A number for each two words that follow each other, and for how many words that are not indexed, as "of", stand between.
-- Different pairs may share a number: a document that has it is a candidate, and its places are looked at.
CREATE FUNCTION search_pairs(words tsvector) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT pair), '{}') FROM (
    SELECT ((lag(word) OVER places * 1000003 + word * 8191 + place - lag(place) OVER places) % 2147483647)::integer AS pair
    FROM (
      SELECT ('x' || left(md5(lexeme), 7))::bit(28)::integer::bigint AS word, unnest(positions) AS place FROM unnest(words)
    ) AS placed WINDOW places AS (ORDER BY place, word)
  ) AS followed WHERE pair IS NOT NULL
$$;
--> statement-breakpoint
-- Adds documents to the counts, or takes them away. Folds what was added to their classes once in a while: rows that
-- another transaction folds are left to it.
CREATE FUNCTION search_count_documents(counted bigint[], times integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_count (class, value, documents)
    SELECT class, value, times * count(*) FROM search_document, unnest(facets || 0) AS value
    WHERE id = any(counted) GROUP BY class, value;
  IF pg_current_xact_id()::text::numeric % 32 = 0 THEN
    WITH gone AS (
      DELETE FROM search_count WHERE ctid IN (
        SELECT ctid FROM search_count WHERE class IN (SELECT class FROM search_document WHERE id = any(counted))
        FOR UPDATE SKIP LOCKED)
      RETURNING class, value, documents
    )
    INSERT INTO search_count (class, value, documents)
      SELECT class, value, sum(documents) FROM gone GROUP BY class, value HAVING sum(documents) <> 0;
  END IF;
END $$;
--> statement-breakpoint
CREATE FUNCTION search_forget(forgotten text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_count_documents(array(SELECT id FROM search_document WHERE subject = any(forgotten)), -1);
  DELETE FROM search_document WHERE subject = any(forgotten);
END $$;
--> statement-breakpoint
CREATE FUNCTION search_follow_resource() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed bigint[];
BEGIN
  changed := array(SELECT id FROM search_document WHERE subject = NEW.id OR card = NEW.id ORDER BY id FOR UPDATE);
  PERFORM search_count_documents(changed, -1);
  UPDATE search_document SET
    class = search_class_of(face, subject, card),
    facets = CASE WHEN face = 'card' THEN facets ELSE search_policy_values(face, subject) || array(
      SELECT value.id FROM search_value AS value WHERE value.id = any(facets)
      AND value.facet NOT IN ('level', 'organisation', 'category', 'purpose', 'licence') ORDER BY value.id) END
    WHERE id = any(changed);
  PERFORM search_count_documents(changed, 1);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER search_follow_resource AFTER UPDATE ON resource FOR EACH ROW
  WHEN (NEW.kind IN ('dataset', 'card') AND (NEW.organisation, NEW.label_level, NEW.label_categories, NEW.conditions)
    IS DISTINCT FROM (OLD.organisation, OLD.label_level, OLD.label_categories, OLD.conditions))
  EXECUTE FUNCTION search_follow_resource();
