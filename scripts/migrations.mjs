// Writes the SQL migrations of the platform from its table definitions (packages/platform/src/*/tables.ts) and from
// what these cannot express (tables.sql beside them: triggers, sequences).
//
//   node scripts/migrations.mjs regenerate   one initial migration and one of guards, always the same bytes
//   node scripts/migrations.mjs generate NAME   the next migration: the difference since the last one
//   node scripts/migrations.mjs check   fails when the migrations no longer say what the definitions say
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { generateDrizzleJson, generateMigration } = createRequire(import.meta.url)('drizzle-kit/api');
const platform = fileURLToPath(new URL('../packages/platform', import.meta.url));
const out = join(platform, 'drizzle');
const meta = join(out, 'meta');
const breakpoint = '\n--> statement-breakpoint\n';
const nothing = '00000000-0000-0000-0000-000000000000';

const domainFiles = (name) =>
  readdirSync(join(platform, 'src'))
    .sort()
    .map((domain) => join(platform, 'src', domain, name))
    .filter((path) => existsSync(path));

const definitions = async () => {
  const all = {};
  for (const path of domainFiles('tables.ts')) {
    for (const [name, value] of Object.entries(await import(pathToFileURL(path)))) {
      if (name in all) throw new Error(`${path}: the name ${name} is exported by another tables.ts already`);
      all[name] = value;
    }
  }
  return all;
};

const numbered = (index) => String(index).padStart(4, '0');
/** The id of a snapshot is its number, so that the same definitions give the same files. */
const idOf = (index) => nothing.replace(/.{4}$/, numbered(index + 1));

const snapshotOf = async (index) => {
  const json = generateDrizzleJson(await definitions(), index === 0 ? nothing : idOf(index - 1));
  return { ...json, id: idOf(index), prevId: index === 0 ? nothing : idOf(index - 1) };
};
const empty = () => generateDrizzleJson({}, nothing);

const guards = () =>
  domainFiles('tables.sql')
    .flatMap((path) => readFileSync(path, 'utf8').split(/^--> statement-breakpoint$/m))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .join(breakpoint);

const journalPath = join(meta, '_journal.json');
const readJournal = () => JSON.parse(readFileSync(journalPath, 'utf8'));
const asJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
const writeJson = (path, value) => writeFileSync(path, asJson(value));
const entry = (idx, name, when) => ({
  idx,
  version: '7',
  when,
  tag: `${numbered(idx)}_${name}`,
  breakpoints: true,
});

const initial = async () => {
  const snapshot = await snapshotOf(0);
  const statements = await generateMigration(empty(), snapshot);
  const entries = [entry(0, 'initial', 1), entry(1, 'guards', 2)];
  return {
    '0000_initial.sql': `${statements.join(breakpoint)}\n`,
    '0001_guards.sql': `${guards()}\n`,
    'meta/0000_snapshot.json': asJson(snapshot),
    'meta/0001_snapshot.json': asJson({ ...snapshot, id: idOf(1), prevId: idOf(0) }),
    'meta/_journal.json': asJson({ version: '7', dialect: 'postgresql', entries }),
  };
};

const regenerate = async () => {
  const files = await initial();
  const draft = `${out}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(join(draft, 'meta'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(draft, path), text);
  rmSync(out, { recursive: true, force: true });
  renameSync(draft, out);
};

const difference = async (index) => {
  const before = JSON.parse(readFileSync(join(meta, `${numbered(index - 1)}_snapshot.json`), 'utf8'));
  const snapshot = await snapshotOf(index);
  return { snapshot, statements: await generateMigration(before, snapshot) };
};

const generate = async (name) => {
  if (!/^[a-z][a-z0-9-]*$/.test(name ?? ''))
    throw new Error('Give the migration a name: npm run db:generate -- add-notes');
  const journal = readJournal();
  const index = journal.entries.length;
  const { snapshot, statements } = await difference(index);
  if (statements.length === 0) {
    process.stdout.write('No difference: nothing to do. Changes of tables.sql are written by hand.\n');
    return;
  }
  const next = entry(index, name, journal.entries.at(-1).when + 1);
  writeFileSync(join(out, `${next.tag}.sql`), `${statements.join(breakpoint)}\n`);
  writeJson(join(meta, `${numbered(index)}_snapshot.json`), snapshot);
  writeJson(journalPath, { ...journal, entries: [...journal.entries, next] });
};

const check = async () => {
  const { statements } = await difference(readJournal().entries.length);
  if (statements.length > 0) {
    throw new Error(`The definitions have changed since the last migration:\n${statements.join('\n')}`);
  }
  const written = readJournal()
    .entries.map(({ tag }) => readFileSync(join(out, `${tag}.sql`), 'utf8'))
    .join(breakpoint);
  const missing = guards()
    .split(breakpoint)
    .find((statement) => !written.includes(statement));
  if (missing) throw new Error(`No migration has this statement of a tables.sql:\n${missing}`);
};

const [command, name] = process.argv.slice(2);
const commands = { regenerate, generate, check };
if (!(command in commands)) {
  process.stderr.write('usage: node scripts/migrations.mjs regenerate | generate NAME | check\n');
  process.exit(2);
}
await commands[command](name);
