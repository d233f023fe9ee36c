CREATE TABLE "delegation" (
	"id" text PRIMARY KEY NOT NULL,
	"principal" text NOT NULL,
	"purpose" text NOT NULL,
	"actions" text[] NOT NULL,
	"resources" text[] NOT NULL,
	"token_scopes" text[] NOT NULL,
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
	"conditions" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "organisation" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
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
CREATE TABLE "token" (
	"id" text PRIMARY KEY NOT NULL,
	"principal" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
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
	"body" jsonb NOT NULL,
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
	CONSTRAINT "ledger_cosignature_size_witness_pk" PRIMARY KEY("size","witness")
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
CREATE INDEX "resource_kind_created" ON "resource" USING btree ("kind","created_at","id");
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
