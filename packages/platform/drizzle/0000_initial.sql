CREATE TABLE "access_decision" (
	"request" text NOT NULL,
	"principal" text NOT NULL,
	"organisation" text NOT NULL,
	"approves" boolean NOT NULL,
	"reason" text NOT NULL,
	"decided_at" bigint NOT NULL,
	CONSTRAINT "access_decision_request_principal_pk" PRIMARY KEY("request","principal")
);

--> statement-breakpoint
CREATE TABLE "access_form" (
	"organisation" text NOT NULL,
	"dataset" text NOT NULL,
	"questions" jsonb NOT NULL,
	"terms" text,
	"second_party" text,
	"changed_at" bigint NOT NULL,
	CONSTRAINT "access_form_organisation_dataset_pk" PRIMARY KEY("organisation","dataset")
);

--> statement-breakpoint
CREATE TABLE "access_grant" (
	"id" text PRIMARY KEY NOT NULL,
	"request" text NOT NULL,
	"dataset" text NOT NULL,
	"organisation" text NOT NULL,
	"purposes" text[] NOT NULL,
	"agreement" text,
	"granted_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint,
	"reason" text,
	CONSTRAINT "access_grant_request_unique" UNIQUE("request")
);

--> statement-breakpoint
CREATE TABLE "access_request" (
	"id" text PRIMARY KEY NOT NULL,
	"dataset" text NOT NULL,
	"organisation" text NOT NULL,
	"requested_by" text NOT NULL,
	"purposes" text[] NOT NULL,
	"holders" text[] NOT NULL,
	"days" integer NOT NULL,
	"reason" text NOT NULL,
	"agreement" text,
	"answers" jsonb NOT NULL,
	"accepted_terms" text,
	"second_party" text,
	"state" text NOT NULL,
	"requested_at" bigint NOT NULL,
	"lapses_at" bigint NOT NULL,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "agreement" (
	"id" text PRIMARY KEY NOT NULL,
	"title" text NOT NULL,
	"type" text NOT NULL,
	"organisation" text NOT NULL,
	"state" text NOT NULL,
	"shared" boolean NOT NULL,
	"latest" integer NOT NULL,
	"in_force" integer,
	"starts_at" bigint,
	"ends_at" bigint,
	"purposes" text[] NOT NULL,
	"datasets" text[] NOT NULL,
	"suspended_by" text,
	"reason" text,
	"created_at" bigint NOT NULL,
	"changed_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "agreement_link" (
	"subject" text NOT NULL,
	"role" text NOT NULL,
	"agreement" text NOT NULL,
	"version" integer NOT NULL,
	CONSTRAINT "agreement_link_subject_agreement_version_role_pk" PRIMARY KEY("subject","agreement","version","role")
);

--> statement-breakpoint
CREATE TABLE "agreement_signature" (
	"agreement" text NOT NULL,
	"version" integer NOT NULL,
	"organisation" text NOT NULL,
	"principal" text NOT NULL,
	"sha256" text NOT NULL,
	"signed_at" bigint NOT NULL,
	CONSTRAINT "agreement_signature_agreement_version_organisation_pk" PRIMARY KEY("agreement","version","organisation")
);

--> statement-breakpoint
CREATE TABLE "agreement_version" (
	"agreement" text NOT NULL,
	"number" integer NOT NULL,
	"terms" jsonb NOT NULL,
	"text" jsonb NOT NULL,
	"proposed_by" text NOT NULL,
	"proposed_at" bigint NOT NULL,
	"in_force_at" bigint,
	CONSTRAINT "agreement_version_agreement_number_pk" PRIMARY KEY("agreement","number")
);

--> statement-breakpoint
CREATE TABLE "disclosure" (
	"id" text PRIMARY KEY NOT NULL,
	"agreement" text NOT NULL,
	"hypothesis" text NOT NULL,
	"campaign" text NOT NULL,
	"owner" text,
	"opened_at" bigint NOT NULL,
	"due_at" bigint NOT NULL,
	"closed_at" bigint,
	"closed_by" text,
	"note" text,
	CONSTRAINT "disclosure_once" UNIQUE("hypothesis","agreement")
);

--> statement-breakpoint
CREATE TABLE "grant_holder" (
	"grant_id" text NOT NULL,
	"holder" text NOT NULL,
	CONSTRAINT "grant_holder_grant_id_holder_pk" PRIMARY KEY("grant_id","holder")
);

--> statement-breakpoint
CREATE TABLE "notice" (
	"id" text PRIMARY KEY NOT NULL,
	"recipient" text NOT NULL,
	"about" text NOT NULL,
	"text" text NOT NULL,
	"due" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "notice_once" UNIQUE("recipient","about","due")
);

--> statement-breakpoint
CREATE TABLE "release" (
	"id" text PRIMARY KEY NOT NULL,
	"resource" text NOT NULL,
	"from_label" jsonb NOT NULL,
	"label" jsonb NOT NULL,
	"purposes" text[] NOT NULL,
	"reason" text NOT NULL,
	"state" text NOT NULL,
	"asked_by" text NOT NULL,
	"asked_at" bigint NOT NULL,
	"decided_by" text,
	"decided_at" bigint,
	"decision" text
);

--> statement-breakpoint
CREATE TABLE "campaign" (
	"id" text PRIMARY KEY NOT NULL,
	"plan" jsonb NOT NULL,
	"plan_hash" text NOT NULL,
	"space" jsonb NOT NULL,
	"instrument" jsonb,
	"origin" text,
	"state" text NOT NULL,
	"stopped_because" text,
	"owner" text NOT NULL,
	"delegation" text NOT NULL,
	"entry" text NOT NULL,
	"created_at" bigint NOT NULL,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "experiment" (
	"id" text PRIMARY KEY NOT NULL,
	"campaign" text NOT NULL,
	"arm" text NOT NULL,
	"repeat" integer NOT NULL,
	"index" integer NOT NULL,
	"design" jsonb NOT NULL,
	"noise_seed" text NOT NULL,
	"run" text,
	"outcome" jsonb,
	"outcome_hash" text,
	"entry" text,
	"proposed_at" bigint NOT NULL,
	"recorded_at" bigint
);

--> statement-breakpoint
CREATE TABLE "family" (
	"id" text PRIMARY KEY NOT NULL,
	"alpha" double precision NOT NULL
);

--> statement-breakpoint
CREATE TABLE "hypothesis" (
	"id" text PRIMARY KEY NOT NULL,
	"campaign" text NOT NULL,
	"claim" jsonb NOT NULL,
	"claim_hash" text NOT NULL,
	"family" text NOT NULL,
	"state" text NOT NULL,
	"freeze_entry" text NOT NULL,
	"checkpoint_size" bigint,
	"open_entry" text,
	"conclude_entry" text,
	"abandon_entry" text,
	"run" text,
	"delegation" text,
	"verdict" jsonb,
	"verdict_hash" text,
	"rows" jsonb,
	"frozen_by" text NOT NULL,
	"frozen_at" bigint NOT NULL,
	"opened_at" bigint,
	"concluded_at" bigint
);

--> statement-breakpoint
CREATE TABLE "opening" (
	"family" text NOT NULL,
	"attempt" integer NOT NULL,
	"hypothesis" text NOT NULL,
	"claim_hash" text NOT NULL,
	"alpha" double precision NOT NULL,
	"rows_hash" text NOT NULL,
	"opened_at" bigint NOT NULL,
	CONSTRAINT "opening_family_attempt_pk" PRIMARY KEY("family","attempt"),
	CONSTRAINT "opening_hypothesis_unique" UNIQUE("hypothesis")
);

--> statement-breakpoint
CREATE TABLE "trajectory" (
	"campaign" text NOT NULL,
	"arm" text NOT NULL,
	"repeat" integer NOT NULL,
	"proposed" integer DEFAULT 0 NOT NULL,
	"recorded" integer DEFAULT 0 NOT NULL,
	"closed" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "trajectory_campaign_arm_repeat_pk" PRIMARY KEY("campaign","arm","repeat")
);

--> statement-breakpoint
CREATE TABLE "withheld_salt" (
	"entry" text NOT NULL,
	"path" text NOT NULL,
	"salt" "bytea" NOT NULL,
	CONSTRAINT "withheld_salt_entry_path_pk" PRIMARY KEY("entry","path")
);

--> statement-breakpoint
CREATE TABLE "card" (
	"id" text PRIMARY KEY NOT NULL,
	"dataset" text NOT NULL,
	"number" integer NOT NULL,
	CONSTRAINT "card_dataset_unique" UNIQUE("dataset")
);

--> statement-breakpoint
CREATE TABLE "card_version" (
	"card" text NOT NULL,
	"number" integer NOT NULL,
	"text" text NOT NULL,
	"sha256" text NOT NULL,
	"fields" jsonb NOT NULL,
	"governance" jsonb NOT NULL,
	"completeness" double precision NOT NULL,
	"readiness" double precision NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "card_version_card_number_pk" PRIMARY KEY("card","number")
);

--> statement-breakpoint
CREATE TABLE "catalog_job" (
	"id" text PRIMARY KEY NOT NULL,
	"request" jsonb NOT NULL,
	"state" text NOT NULL,
	"submitted_by" text NOT NULL,
	"delegation" text NOT NULL,
	"content" jsonb,
	"failure" jsonb,
	"dataset" text,
	"version" text,
	"split" text,
	"outcome" jsonb,
	"obsolete" text,
	"created_at" bigint NOT NULL,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "dataset" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"source" text NOT NULL
);

--> statement-breakpoint
CREATE TABLE "dataset_version" (
	"id" text PRIMARY KEY NOT NULL,
	"dataset" text NOT NULL,
	"number" integer NOT NULL,
	"content" text NOT NULL,
	"format" text NOT NULL,
	"file_name" text,
	"metadata" jsonb NOT NULL,
	"columns" jsonb NOT NULL,
	"curve" jsonb,
	"rows" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"visible" jsonb NOT NULL,
	"description" jsonb NOT NULL,
	"split" text,
	"imported_by" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "harvest_source" (
	"id" text PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"run" integer NOT NULL,
	"cursor" text,
	"delegation" text,
	"failure" jsonb,
	"counts" jsonb NOT NULL,
	"started_at" bigint,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "remote_dataset" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"remote_id" text NOT NULL,
	"origin" text NOT NULL,
	"record" jsonb NOT NULL,
	"hash" text NOT NULL,
	"seen_run" integer NOT NULL,
	"harvested_at" bigint NOT NULL,
	"vanished_at" bigint
);

--> statement-breakpoint
CREATE TABLE "saved_search" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"name" text NOT NULL,
	"search" jsonb NOT NULL,
	"seen" text[] NOT NULL,
	"since" bigint,
	"created_at" bigint NOT NULL,
	"ran_at" bigint
);

--> statement-breakpoint
CREATE TABLE "seal" (
	"id" text PRIMARY KEY NOT NULL,
	"table_hash" text NOT NULL,
	"rule" jsonb NOT NULL,
	"key_columns" jsonb NOT NULL,
	"fingerprints" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	"retired_at" bigint,
	"retired_by" text,
	"use" text,
	CONSTRAINT "seal_table_hash_unique" UNIQUE("table_hash")
);

--> statement-breakpoint
CREATE TABLE "seal_mark" (
	"mark" "bytea" NOT NULL,
	"seal" text NOT NULL,
	CONSTRAINT "seal_mark_mark_seal_pk" PRIMARY KEY("mark","seal")
);

--> statement-breakpoint
CREATE TABLE "seal_opening" (
	"seal" text NOT NULL,
	"number" integer NOT NULL,
	"of" text NOT NULL,
	"opened_at" bigint NOT NULL,
	CONSTRAINT "seal_opening_seal_number_pk" PRIMARY KEY("seal","number"),
	CONSTRAINT "seal_opening_of_unique" UNIQUE("of")
);

--> statement-breakpoint
CREATE TABLE "search_class" (
	"id" integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "search_class_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"face" text NOT NULL,
	"own" integer NOT NULL,
	"card" integer,
	CONSTRAINT "search_class_key_unique" UNIQUE("key")
);

--> statement-breakpoint
CREATE TABLE "search_count" (
	"class" integer NOT NULL,
	"value" integer NOT NULL,
	"documents" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "search_document" (
	"id" bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "search_document_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text NOT NULL,
	"face" text NOT NULL,
	"card" text,
	"class" integer NOT NULL,
	"facets" integer[] NOT NULL,
	"name" text NOT NULL,
	"summary" text NOT NULL,
	"words" "tsvector" NOT NULL,
	"pairs" integer[] NOT NULL,
	"bytes" bigint NOT NULL,
	"readiness" real NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "search_policy" (
	"id" integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "search_policy_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"organisation" text,
	"label_level" smallint NOT NULL,
	"label_categories" text[] NOT NULL,
	"purposes" text[] NOT NULL,
	"agreements" text[] NOT NULL,
	"needs_agreement" boolean NOT NULL,
	"needs_grant" text[] NOT NULL,
	CONSTRAINT "search_policy_key_unique" UNIQUE("key")
);

--> statement-breakpoint
CREATE TABLE "search_value" (
	"id" integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "search_value_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"facet" text NOT NULL,
	"value" text NOT NULL
);

--> statement-breakpoint
CREATE TABLE "split" (
	"id" text PRIMARY KEY NOT NULL,
	"dataset" text NOT NULL,
	"version" text NOT NULL,
	"seal" text NOT NULL,
	"recognised" text NOT NULL,
	"rule" jsonb NOT NULL,
	"key_columns" jsonb NOT NULL,
	"table_hash" text NOT NULL,
	"explore_rows" bigint NOT NULL,
	"explore_keys" bigint NOT NULL,
	"confirm_rows" bigint NOT NULL,
	"confirm_keys" bigint NOT NULL,
	"confirm_hash" text NOT NULL,
	"sealed" jsonb NOT NULL,
	"sealed_at_import" boolean NOT NULL,
	"imported_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "split_version_unique" UNIQUE("version")
);

--> statement-breakpoint
CREATE TABLE "challenge" (
	"number" integer PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"area" text NOT NULL,
	"summary" text NOT NULL
);

--> statement-breakpoint
CREATE TABLE "allocation" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"machine" text NOT NULL,
	"granted" double precision NOT NULL,
	"when_spent" text NOT NULL,
	"starts_at" bigint NOT NULL,
	"ends_at" bigint,
	"modified_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "charge" (
	"run" text NOT NULL,
	"attempt" integer NOT NULL,
	"machine" text NOT NULL,
	"allocation" text,
	"principal" text NOT NULL,
	"project" text,
	"campaign" text,
	"challenge" text,
	"core_seconds" double precision NOT NULL,
	"gpu_seconds" double precision NOT NULL,
	"node_seconds" double precision NOT NULL,
	"units" double precision NOT NULL,
	"started_at" bigint NOT NULL,
	"settled_at" bigint,
	CONSTRAINT "charge_run_attempt_pk" PRIMARY KEY("run","attempt")
);

--> statement-breakpoint
CREATE TABLE "facility" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"long_name" text,
	"description" text DEFAULT '' NOT NULL,
	"organization_name" text,
	"support_uri" text,
	"url" text,
	"remote_id" text,
	"synced_at" bigint,
	"modified_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "incident" (
	"id" text PRIMARY KEY NOT NULL,
	"facility" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"status" text NOT NULL,
	"type" text NOT NULL,
	"resolution" text NOT NULL,
	"starts_at" bigint NOT NULL,
	"ends_at" bigint,
	"modified_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "job" (
	"id" text PRIMARY KEY NOT NULL,
	"machine" text NOT NULL,
	"project" text NOT NULL,
	"principal" text NOT NULL,
	"delegation" text NOT NULL,
	"spec" jsonb NOT NULL,
	"state" text NOT NULL,
	"exit_code" integer,
	"message" text,
	"outcome" jsonb,
	"created_at" bigint NOT NULL,
	"started_at" bigint,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "machine" (
	"id" text PRIMARY KEY NOT NULL,
	"facility" text NOT NULL,
	"site" text,
	"organisation" text NOT NULL,
	"name" text NOT NULL,
	"remote_id" text,
	"description" text NOT NULL,
	"type" text NOT NULL,
	"group_name" text,
	"authority" jsonb,
	"hardware" jsonb NOT NULL,
	"limits" jsonb NOT NULL,
	"price" jsonb NOT NULL,
	"near" text[] NOT NULL,
	"access" jsonb,
	"status" text NOT NULL,
	"status_reason" text,
	"provenance" jsonb NOT NULL,
	"modified_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "project" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"modified_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "project_member" (
	"project" text NOT NULL,
	"principal" text NOT NULL,
	"added_at" bigint NOT NULL,
	CONSTRAINT "project_member_project_principal_pk" PRIMARY KEY("project","principal")
);

--> statement-breakpoint
CREATE TABLE "site" (
	"id" text PRIMARY KEY NOT NULL,
	"facility" text NOT NULL,
	"name" text NOT NULL,
	"remote_id" text,
	"description" jsonb NOT NULL,
	"modified_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "status_event" (
	"id" text PRIMARY KEY NOT NULL,
	"machine" text NOT NULL,
	"incident" text,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"status" text NOT NULL,
	"occurred_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "user_allocation" (
	"id" text PRIMARY KEY NOT NULL,
	"allocation" text NOT NULL,
	"principal" text NOT NULL,
	"granted" double precision NOT NULL
);

--> statement-breakpoint
CREATE TABLE "wait_record" (
	"run" text NOT NULL,
	"attempt" integer NOT NULL,
	"machine" text NOT NULL,
	"submitted_at" bigint NOT NULL,
	"waited_seconds" double precision,
	"started" boolean DEFAULT false NOT NULL,
	"nodes" integer NOT NULL,
	"cores" double precision NOT NULL,
	"duration_seconds" double precision NOT NULL,
	CONSTRAINT "wait_record_run_attempt_pk" PRIMARY KEY("run","attempt")
);

--> statement-breakpoint
CREATE TABLE "delegation" (
	"id" text PRIMARY KEY NOT NULL,
	"principal" text NOT NULL,
	"purpose" text NOT NULL,
	"actions" text[] NOT NULL,
	"resources" text[] NOT NULL,
	"token_scopes" text[] NOT NULL,
	"uncleared" boolean NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint
);

--> statement-breakpoint
CREATE TABLE "resource" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"organisation" text,
	"label_level" smallint NOT NULL,
	"label_categories" text[] NOT NULL,
	"purposes" text[] NOT NULL,
	"agreements" text[] NOT NULL,
	"origins" text[] NOT NULL,
	"needs_agreement" boolean NOT NULL,
	"needs_grant" text[] NOT NULL,
	"conditions" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "evaluation" (
	"id" text PRIMARY KEY NOT NULL,
	"split" text NOT NULL,
	"settings" jsonb NOT NULL,
	"challenge" integer,
	"state" text NOT NULL,
	"delegation" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "submission" (
	"id" text PRIMARY KEY NOT NULL,
	"evaluation" text NOT NULL,
	"title" text NOT NULL,
	"baseline" text,
	"model" text,
	"artifact_hash" text,
	"organisation" text NOT NULL,
	"submitted_by" text NOT NULL,
	"opening" integer NOT NULL,
	"state" text NOT NULL,
	"failure" text,
	"run" text NOT NULL,
	"delegation" text NOT NULL,
	"score" jsonb,
	"losses" jsonb,
	"created_at" bigint NOT NULL,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "account" (
	"id" text PRIMARY KEY NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"principal" text NOT NULL,
	"uncleared" boolean NOT NULL,
	"roles" jsonb NOT NULL,
	"clearance" jsonb NOT NULL,
	"trusted_until" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "account_principal_unique" UNIQUE("principal"),
	CONSTRAINT "account_identity" UNIQUE("issuer","subject")
);

--> statement-breakpoint
CREATE TABLE "account_link" (
	"id" text PRIMARY KEY NOT NULL,
	"issuer" text NOT NULL,
	"subject" text,
	"email" text,
	"principal" text NOT NULL,
	"uncleared" boolean NOT NULL,
	"expires_at" bigint NOT NULL,
	CONSTRAINT "account_link_principal_unique" UNIQUE("principal"),
	CONSTRAINT "account_link_subject" UNIQUE("issuer","subject"),
	CONSTRAINT "account_link_email" UNIQUE("issuer","email")
);

--> statement-breakpoint
CREATE TABLE "organisation" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text DEFAULT 'other' NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "organisation_name_unique" UNIQUE("name")
);

--> statement-breakpoint
CREATE TABLE "principal" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"organisation" text NOT NULL,
	"clearance" jsonb NOT NULL,
	"cleared_by_steward" boolean DEFAULT false NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "principal_name_unique" UNIQUE("name")
);

--> statement-breakpoint
CREATE TABLE "role_binding" (
	"principal" text NOT NULL,
	"organisation" text NOT NULL,
	"role" text NOT NULL,
	"expires_at" bigint,
	CONSTRAINT "role_binding_principal_organisation_role_pk" PRIMARY KEY("principal","organisation","role")
);

--> statement-breakpoint
CREATE TABLE "session" (
	"id" text PRIMARY KEY NOT NULL,
	"principal" text NOT NULL,
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"agent" text NOT NULL,
	"created_at" bigint NOT NULL,
	"last_seen_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "sign_in_attempt" (
	"id" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"kind" text NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"sealed" text NOT NULL,
	"expires_at" bigint NOT NULL,
	"interval_seconds" integer NOT NULL,
	"next_poll_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "token" (
	"id" text PRIMARY KEY NOT NULL,
	"principal" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"uncleared" boolean NOT NULL,
	"founding" boolean DEFAULT false NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint,
	CONSTRAINT "token_hash_unique" UNIQUE("hash")
);

--> statement-breakpoint
CREATE TABLE "idempotent_responses" (
	"principal" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" integer NOT NULL,
	"body" jsonb,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotent_responses_principal_key_pk" PRIMARY KEY("principal","key")
);

--> statement-breakpoint
CREATE TABLE "ledger_checkpoint" (
	"size" bigint PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "ledger_cosignature" (
	"size" bigint NOT NULL,
	"witness" text NOT NULL,
	"verifier_key" text NOT NULL,
	"line" text NOT NULL,
	CONSTRAINT "ledger_cosignature_size_witness_verifier_key_pk" PRIMARY KEY("size","witness","verifier_key")
);

--> statement-breakpoint
CREATE TABLE "ledger_detail" (
	"entry" text PRIMARY KEY NOT NULL,
	"salt" "bytea" NOT NULL,
	"details" jsonb NOT NULL
);

--> statement-breakpoint
CREATE TABLE "ledger_edge" (
	"entry" text NOT NULL,
	"subject" text NOT NULL,
	"relation" text NOT NULL,
	"object" text NOT NULL,
	CONSTRAINT "ledger_edge_entry_subject_relation_object_pk" PRIMARY KEY("entry","subject","relation","object")
);

--> statement-breakpoint
CREATE TABLE "ledger_entry" (
	"id" text PRIMARY KEY NOT NULL,
	"inserted" bigserial NOT NULL,
	"seq" bigint,
	"body" text NOT NULL,
	"leaf" "bytea" NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"resource" text,
	"effect" text NOT NULL,
	"at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "ledger_node" (
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "ledger_node_level_index_pk" PRIMARY KEY("level","index")
);

--> statement-breakpoint
CREATE TABLE "witnessed_log" (
	"origin" text PRIMARY KEY NOT NULL,
	"verifier_key" text NOT NULL,
	"size" bigint NOT NULL,
	"note" text NOT NULL,
	"at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "model" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"run" text NOT NULL,
	"stage" text NOT NULL,
	"proposal" jsonb,
	"serving" jsonb,
	"campaign" text,
	"config" jsonb,
	"tensors" jsonb,
	"trained_on" jsonb,
	"description" jsonb,
	"files" jsonb,
	"origin" jsonb,
	"artifact_hash" text NOT NULL,
	"metrics" jsonb NOT NULL,
	"entry" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "model_move" (
	"model" text NOT NULL,
	"number" integer NOT NULL,
	"from" text NOT NULL,
	"to" text NOT NULL,
	"by" text NOT NULL,
	"asked_by" text,
	"reason" text NOT NULL,
	"entry" text NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "model_move_model_number_pk" PRIMARY KEY("model","number")
);

--> statement-breakpoint
CREATE TABLE "attempt" (
	"run" text NOT NULL,
	"number" integer NOT NULL,
	"claim" text NOT NULL,
	"started_at" bigint NOT NULL,
	"ended_at" bigint,
	"outcome" jsonb,
	CONSTRAINT "attempt_run_number_pk" PRIMARY KEY("run","number")
);

--> statement-breakpoint
CREATE TABLE "capability" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation" text NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"manifest" jsonb NOT NULL,
	"digest" text NOT NULL,
	"status" text NOT NULL,
	"tier" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "run" (
	"id" text PRIMARY KEY NOT NULL,
	"governed_by" text NOT NULL,
	"capability" text NOT NULL,
	"input" jsonb NOT NULL,
	"context" jsonb NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"idempotency_key" text,
	"request_hash" text,
	"submitted_by" text NOT NULL,
	"purpose" text NOT NULL,
	"delegation" text,
	"among" text[] DEFAULT '{}' NOT NULL,
	"project" text,
	"campaign" text,
	"challenge" text,
	"machine" text,
	"plan" jsonb,
	"waits_for" text,
	"environment" jsonb,
	"output" jsonb,
	"outcome" jsonb,
	"sandboxed" boolean,
	"created_at" bigint NOT NULL,
	"ended_at" bigint
);

--> statement-breakpoint
CREATE TABLE "run_log" (
	"run" text NOT NULL,
	"attempt" integer NOT NULL,
	"line" integer NOT NULL,
	"stream" text NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "run_log_run_attempt_line_pk" PRIMARY KEY("run","attempt","line")
);

--> statement-breakpoint
CREATE TABLE "file_task" (
	"id" text PRIMARY KEY NOT NULL,
	"project" text NOT NULL,
	"machine" text NOT NULL,
	"principal" text NOT NULL,
	"delegation" text NOT NULL,
	"command" text NOT NULL,
	"args" jsonb NOT NULL,
	"content" "bytea",
	"state" text NOT NULL,
	"result" jsonb,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "tracked_metric_latest" (
	"run" text NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"timestamp" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "tracked_metric_latest_run_key_pk" PRIMARY KEY("run","key")
);

--> statement-breakpoint
CREATE TABLE "logged_model" (
	"id" text PRIMARY KEY NOT NULL,
	"experiment" text NOT NULL,
	"governed_by" text NOT NULL,
	"genesis_run" text,
	"source_run" text,
	"name" text NOT NULL,
	"model_type" text NOT NULL,
	"status" text NOT NULL,
	"lifecycle" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "tracked_model_metric" (
	"model" text NOT NULL,
	"run" text NOT NULL,
	"key" text NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"step" bigint NOT NULL,
	"timestamp" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "tracked_model_metric_model_run_key_dataset_name_dataset_digest_pk" PRIMARY KEY("model","run","key","dataset_name","dataset_digest")
);

--> statement-breakpoint
CREATE TABLE "registered_alias" (
	"model" text NOT NULL,
	"alias" text NOT NULL,
	"number" integer NOT NULL,
	CONSTRAINT "registered_alias_model_alias_pk" PRIMARY KEY("model","alias")
);

--> statement-breakpoint
CREATE TABLE "registered_model" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"last_version" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "registered_version" (
	"model" text NOT NULL,
	"number" integer NOT NULL,
	"source" text NOT NULL,
	"owner" text NOT NULL,
	"run" text,
	"logged_model" text,
	"run_link" text NOT NULL,
	"description" text NOT NULL,
	"stage" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "registered_version_model_number_pk" PRIMARY KEY("model","number")
);

--> statement-breakpoint
CREATE TABLE "tracked_dataset" (
	"run" text NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"context" text,
	"source_type" text NOT NULL,
	"source" text NOT NULL,
	"schema" text,
	"profile" text,
	"tags" jsonb NOT NULL,
	CONSTRAINT "tracked_dataset_run_name_digest_pk" PRIMARY KEY("run","name","digest")
);

--> statement-breakpoint
CREATE TABLE "tracked_metric" (
	"run" text NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"timestamp" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "tracked_metric_run_key_step_timestamp_value_pk" PRIMARY KEY("run","key","step","timestamp","value")
);

--> statement-breakpoint
CREATE TABLE "tracked_model_use" (
	"run" text NOT NULL,
	"model" text NOT NULL,
	"use" text NOT NULL,
	"step" bigint NOT NULL,
	CONSTRAINT "tracked_model_use_run_use_model_pk" PRIMARY KEY("run","use","model")
);

--> statement-breakpoint
CREATE TABLE "tracked_parameter" (
	"thing" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "tracked_parameter_thing_key_pk" PRIMARY KEY("thing","key")
);

--> statement-breakpoint
CREATE TABLE "tracked_run" (
	"id" text PRIMARY KEY NOT NULL,
	"experiment" text NOT NULL,
	"governed_by" text NOT NULL,
	"genesis_run" text,
	"name" text NOT NULL,
	"user_id" text NOT NULL,
	"status" text NOT NULL,
	"lifecycle" text NOT NULL,
	"start_time" bigint NOT NULL,
	"end_time" bigint,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "tracking_artifact" (
	"owner" text NOT NULL,
	"path" text NOT NULL,
	"address" text NOT NULL,
	"sha256" text NOT NULL,
	"bytes" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "tracking_artifact_owner_path_pk" PRIMARY KEY("owner","path")
);

--> statement-breakpoint
CREATE TABLE "tracking_experiment" (
	"id" text PRIMARY KEY NOT NULL,
	"governed_by" text NOT NULL,
	"organisation" text,
	"name" text NOT NULL,
	"genesis_run" text,
	"lifecycle" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "tracking_tag" (
	"thing" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "tracking_tag_thing_key_pk" PRIMARY KEY("thing","key")
);

--> statement-breakpoint
CREATE TABLE "tracking_token" (
	"id" text PRIMARY KEY NOT NULL,
	"run" text NOT NULL,
	"delegation" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"revoked_at" bigint
);

--> statement-breakpoint
CREATE INDEX "access_grant_agreement" ON "access_grant" USING btree ("agreement");
--> statement-breakpoint
CREATE INDEX "access_grant_organisation" ON "access_grant" USING btree ("organisation","expires_at");
--> statement-breakpoint
CREATE INDEX "access_grant_expires" ON "access_grant" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "access_request_organisation" ON "access_request" USING btree ("organisation","requested_at");
--> statement-breakpoint
CREATE INDEX "access_request_requested_by" ON "access_request" USING btree ("requested_by","requested_at");
--> statement-breakpoint
CREATE INDEX "access_request_second_party" ON "access_request" USING btree ("second_party");
--> statement-breakpoint
CREATE INDEX "agreement_link_agreement" ON "agreement_link" USING btree ("agreement","version");
--> statement-breakpoint
CREATE INDEX "grant_holder_holder" ON "grant_holder" USING btree ("holder");
--> statement-breakpoint
CREATE INDEX "release_resource" ON "release" USING btree ("resource");
--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_place" ON "experiment" USING btree ("campaign","arm","repeat","index");
--> statement-breakpoint
CREATE UNIQUE INDEX "hypothesis_claim" ON "hypothesis" USING btree ("claim_hash");
--> statement-breakpoint
CREATE INDEX "hypothesis_campaign" ON "hypothesis" USING btree ("campaign","frozen_at");
--> statement-breakpoint
CREATE INDEX "card_version_sha256" ON "card_version" USING btree ("sha256");
--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_version_number" ON "dataset_version" USING btree ("dataset","number");
--> statement-breakpoint
CREATE UNIQUE INDEX "remote_dataset_source" ON "remote_dataset" USING btree ("source","remote_id");
--> statement-breakpoint
CREATE UNIQUE INDEX "saved_search_name" ON "saved_search" USING btree ("owner","name");
--> statement-breakpoint
CREATE INDEX "search_count_class" ON "search_count" USING btree ("class","value");
--> statement-breakpoint
CREATE UNIQUE INDEX "search_document_face" ON "search_document" USING btree ("subject","face");
--> statement-breakpoint
CREATE INDEX "search_document_card" ON "search_document" USING btree ("card");
--> statement-breakpoint
CREATE INDEX "search_document_words" ON "search_document" USING gin ("words","facets","pairs");
--> statement-breakpoint
CREATE INDEX "search_document_newest" ON "search_document" USING btree ("created_at","subject");
--> statement-breakpoint
CREATE INDEX "search_document_class" ON "search_document" USING btree ("class","created_at","subject");
--> statement-breakpoint
CREATE INDEX "search_document_name" ON "search_document" USING btree (lower(left("name", 60)) collate "C","subject");
--> statement-breakpoint
CREATE INDEX "search_document_size" ON "search_document" USING btree ("bytes","subject");
--> statement-breakpoint
CREATE INDEX "search_document_readiness" ON "search_document" USING btree ("readiness","subject");
--> statement-breakpoint
CREATE UNIQUE INDEX "search_value_value" ON "search_value" USING btree ("facet","value");
--> statement-breakpoint
CREATE INDEX "search_value_folded" ON "search_value" USING btree ("facet",lower("value"));
--> statement-breakpoint
CREATE INDEX "split_seal" ON "split" USING btree ("seal");
--> statement-breakpoint
CREATE UNIQUE INDEX "allocation_place" ON "allocation" USING btree ("project","machine");
--> statement-breakpoint
CREATE INDEX "charge_allocation" ON "charge" USING btree ("allocation");
--> statement-breakpoint
CREATE INDEX "charge_campaign" ON "charge" USING btree ("campaign");
--> statement-breakpoint
CREATE INDEX "charge_project" ON "charge" USING btree ("project");
--> statement-breakpoint
CREATE INDEX "charge_machine" ON "charge" USING btree ("machine","settled_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "facility_name" ON "facility" USING btree ("name");
--> statement-breakpoint
CREATE INDEX "job_machine" ON "job" USING btree ("machine","created_at","id");
--> statement-breakpoint
CREATE INDEX "job_project" ON "job" USING btree ("project");
--> statement-breakpoint
CREATE UNIQUE INDEX "machine_name" ON "machine" USING btree ("organisation","name");
--> statement-breakpoint
CREATE INDEX "project_member_principal" ON "project_member" USING btree ("principal");
--> statement-breakpoint
CREATE UNIQUE INDEX "site_name" ON "site" USING btree ("facility","name");
--> statement-breakpoint
CREATE INDEX "status_event_machine" ON "status_event" USING btree ("machine","occurred_at");
--> statement-breakpoint
CREATE INDEX "status_event_incident" ON "status_event" USING btree ("incident");
--> statement-breakpoint
CREATE UNIQUE INDEX "user_allocation_place" ON "user_allocation" USING btree ("allocation","principal");
--> statement-breakpoint
CREATE INDEX "wait_record_machine" ON "wait_record" USING btree ("machine","submitted_at");
--> statement-breakpoint
CREATE INDEX "resource_kind_created" ON "resource" USING btree ("kind","created_at","id");
--> statement-breakpoint
CREATE INDEX "resource_origins" ON "resource" USING gin ("origins");
--> statement-breakpoint
CREATE INDEX "resource_agreements" ON "resource" USING gin ("agreements");
--> statement-breakpoint
CREATE INDEX "evaluation_challenge" ON "evaluation" USING btree ("challenge","created_at");
--> statement-breakpoint
CREATE INDEX "submission_evaluation" ON "submission" USING btree ("evaluation","created_at");
--> statement-breakpoint
CREATE INDEX "session_principal" ON "session" USING btree ("principal");
--> statement-breakpoint
CREATE INDEX "sign_in_attempt_expiry" ON "sign_in_attempt" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "token_principal" ON "token" USING btree ("principal");
--> statement-breakpoint
CREATE INDEX "idempotent_responses_at" ON "idempotent_responses" USING btree ("at");
--> statement-breakpoint
CREATE INDEX "ledger_edge_subject" ON "ledger_edge" USING btree ("subject");
--> statement-breakpoint
CREATE INDEX "ledger_edge_object" ON "ledger_edge" USING btree ("object");
--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_entry_seq" ON "ledger_entry" USING btree ("seq");
--> statement-breakpoint
CREATE INDEX "ledger_entry_waiting" ON "ledger_entry" USING btree ("inserted") WHERE "ledger_entry"."seq" is null;
--> statement-breakpoint
CREATE INDEX "ledger_entry_resource" ON "ledger_entry" USING btree ("resource","at");
--> statement-breakpoint
CREATE INDEX "model_campaign" ON "model" USING btree ("campaign","created_at");
--> statement-breakpoint
CREATE INDEX "model_name" ON "model" USING btree ("name");
--> statement-breakpoint
CREATE UNIQUE INDEX "model_run" ON "model" USING btree ("run");
--> statement-breakpoint
CREATE UNIQUE INDEX "capability_name_version" ON "capability" USING btree ("organisation","name","version");
--> statement-breakpoint
CREATE INDEX "run_governed_by" ON "run" USING btree ("governed_by","created_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "run_idempotency" ON "run" USING btree ("submitted_by","idempotency_key");
--> statement-breakpoint
CREATE INDEX "file_task_principal" ON "file_task" USING btree ("principal","created_at");
--> statement-breakpoint
CREATE INDEX "logged_model_experiment" ON "logged_model" USING btree ("experiment","created_at");
--> statement-breakpoint
CREATE INDEX "registered_model_name" ON "registered_model" USING btree ("organisation","name");
--> statement-breakpoint
CREATE INDEX "tracked_run_experiment" ON "tracked_run" USING btree ("experiment","start_time");
--> statement-breakpoint
CREATE INDEX "tracked_run_genesis_run" ON "tracked_run" USING btree ("genesis_run");
--> statement-breakpoint
CREATE INDEX "tracked_run_governed" ON "tracked_run" USING btree ("governed_by");
--> statement-breakpoint
CREATE INDEX "tracking_experiment_name" ON "tracking_experiment" USING btree ("organisation","name");
--> statement-breakpoint
CREATE INDEX "tracking_experiment_governed" ON "tracking_experiment" USING btree ("governed_by");
--> statement-breakpoint
CREATE INDEX "tracking_token_run" ON "tracking_token" USING btree ("run");
--> statement-breakpoint
CREATE UNIQUE INDEX "tracking_token_hash" ON "tracking_token" USING btree ("hash");
