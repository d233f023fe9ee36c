import { GenesisError } from '@genesis/contracts';
import { and, count, eq, isNotNull, ne, sql } from 'drizzle-orm';
import type { Door, Use, WriteTx } from '../../door/index.ts';
import type { BlobStore, Clock } from '../../kernel/index.ts';
import type { PrincipalFacts, ResourceFacts } from '../../policy/index.ts';
import { readOnnx } from '../formats/onnx.ts';
import type { Models } from '../models.ts';
import type { RegisteredRow } from '../registry/rows.ts';
import { model } from '../tables.ts';
import { answerOf, outputsOf, type ServedAnswer } from './answer.ts';
import { createEngine, type Engine, type Loaded } from './engine.ts';
import { type Checked, createChecker, type Table } from './table.ts';

/** Versions that are served at one time, each in a process of its own. */
const mostServed = 16;

export type ServingParts = { door: Door; blobs: BlobStore; clock: Clock; models: Models };
type Served = { row: RegisteredRow; check: (table: Table) => Checked; engine: Engine };

const conflict = (message: string): GenesisError => new GenesisError({ code: 'conflict', message });
const retired = (): GenesisError => conflict('A retired version is not served.');

/** Whether and how a version can be served. @throws GenesisError `conflict` saying why it cannot */
function servable(row: RegisteredRow) {
  const { serving } = row.description;
  if (serving === null)
    throw conflict(
      `This version is not served: the run left no ONNX file to serve (serving is null in model.json). Use it in a run: genesis run submit CAPABILITY --purpose infer --model ${row.id}`,
    );
  const file = row.files.find(({ path }) => path === serving.file);
  if (file === undefined) throw conflict(`The artifact has no file ${serving.file}.`);
  const categories = row.description.outputs[0]?.categories;
  if (serving.outputs.probabilities !== undefined && categories === undefined)
    throw conflict('model.json names probabilities to serve, and no categories of its first output.');
  const outputs = outputsOf(serving, categories?.length ?? 0);
  if (outputs.size === 0) throw conflict('model.json names no output to serve.');
  return { serving, file, outputs };
}

/** Versions that answer: started and stopped by people, loaded when they are first asked, several side by side. */
export function createServing({ door, blobs, clock, models }: ServingParts) {
  const served = new Map<string, Served>();
  /** How often a version was let go of: whoever read before that that it is served reads again. */
  let forgotten = 0;
  let closed = false;

  async function loadedOf(row: RegisteredRow): Promise<Loaded> {
    const { serving, file, outputs } = servable(row);
    const bytes = await blobs.read(file);
    const found = readOnnx(bytes);
    if ('refused' in found) throw conflict(`The file ${file.path} is not served: ${found.refused}.`);
    return { bytes, input: serving.input, outputs, width: row.description.inputs.length };
  }

  const make = (row: RegisteredRow): Served => {
    servable(row);
    return { row, check: createChecker(row.description), engine: createEngine(() => loadedOf(row)) };
  };

  function keep(id: string, made: Served): Served {
    const known = served.get(id);
    if (known !== undefined) return known;
    served.set(id, made);
    return made;
  }

  async function registeredRow(principal: PrincipalFacts, id: string): Promise<RegisteredRow> {
    const { row } = await models.find(door.authorize(principal, 'infer'), id);
    if (row.kind === 'registered') return row as RegisteredRow;
    throw conflict('A surrogate of a campaign needs no serving: genesis model predict asks it as it is.');
  }

  /** The row as it is when nothing was let go of while it was read; what follows in the same turn may build on it. */
  async function rowNow(principal: PrincipalFacts, id: string): Promise<RegisteredRow> {
    for (;;) {
      const before = forgotten;
      const row = await registeredRow(principal, id);
      if (before === forgotten) return row;
    }
  }

  async function start(principal: PrincipalFacts, id: string): Promise<{ served: true }> {
    await door.use(principal, 'model.serve', id, 'infer', { for: 'serving' });
    const row = await registeredRow(principal, id);
    if (row.stage === 'retired') throw retired();
    const known = served.get(id);
    const made = known ?? make(row);
    try {
      await made.engine.warm();
      await door.perform({ principal, action: 'model.serve', resource: id, purpose: 'infer' }, async (tx) => {
        // The version may have been retired while it was loaded.
        const [now] = await tx
          .select({ stage: model.stage })
          .from(model)
          .where(eq(model.id, id))
          .for('update');
        if (now?.stage === 'retired') throw retired();
        await assertRoom(tx, id);
        await tx
          .update(model)
          .set({ serving: { by: principal.id, at: clock.now().getTime() } })
          .where(eq(model.id, id));
        return { result: undefined, details: { served: true } };
      });
      if ((await rowNow(principal, id)).serving === null)
        throw conflict('It was stopped while it was being started.');
    } catch (error) {
      if (served.get(id) !== made) made.engine.close();
      throw error;
    }
    // One that answered before may have been let go of meanwhile, with its process.
    const kept = keep(id, made === known && served.get(id) !== known ? make(row) : made);
    if (kept !== made) made.engine.close();
    return { served: true };
  }

  async function assertRoom(tx: WriteTx, id: string): Promise<void> {
    // Two that begin at once would each count without the other.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('served versions', 0))`);
    const [others] = await tx
      .select({ served: count() })
      .from(model)
      .where(and(isNotNull(model.serving), ne(model.id, id)));
    if ((others?.served ?? 0) >= mostServed)
      throw conflict(
        `${mostServed} versions are served already. Stop one of them: genesis model serve ID --stop`,
      );
  }

  async function stop(principal: PrincipalFacts, id: string): Promise<{ served: false }> {
    await door.perform({ principal, action: 'model.serve', resource: id, purpose: 'infer' }, async (tx) => {
      await tx.update(model).set({ serving: null }).where(eq(model.id, id));
      return { result: undefined, details: { served: false } };
    });
    forget(id);
    return { served: false };
  }

  function forget(id: string): void {
    forgotten += 1;
    served.get(id)?.engine.close();
    served.delete(id);
  }

  type Asked = {
    use: Use;
    done: (answer: ResourceFacts | GenesisError) => void;
    failed: (error: unknown) => void;
  };
  let waiting: Asked[] = [];
  let deciding = false;

  /** Decisions of the calls that wait, taken together: each on facts that are read after it came. */
  async function decideWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const answers = await door.useTogether(batch.map(({ use }) => use));
        for (const [at, { done }] of batch.entries()) done(answers[at]!);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    deciding = false;
  }

  async function mayPredict(principal: PrincipalFacts, id: string, rows: number): Promise<ResourceFacts> {
    const use: Use = { principal, action: 'model.predict', id, purpose: 'infer', count: rows };
    const answer = await new Promise<ResourceFacts | GenesisError>((done, failed) => {
      waiting.push({ use, done, failed });
      if (deciding) return;
      deciding = true;
      setImmediate(() => void decideWaiting());
    });
    if (answer instanceof GenesisError) throw answer;
    return answer;
  }

  /** The version behind an id, loaded again after a restart of the platform where it is served. A retired one never is. */
  async function find(principal: PrincipalFacts, id: string): Promise<Served> {
    const known = served.get(id);
    if (known !== undefined) return known;
    const row = await rowNow(principal, id);
    if (row.serving === null)
      throw conflict(`This version is not served. Start it with: genesis model serve ${id}`);
    if (closed)
      throw new GenesisError({ code: 'unavailable', message: 'The platform stops.', retryAfterSeconds: 5 });
    return keep(id, make(row));
  }

  return {
    start,
    stop,
    /** Lets go of a version that was retired: its process ends. */
    forget,
    /**
     * Predictions for rows, decided at this call. The rows are held against the model only once the principal may ask it.
     *
     * @throws GenesisError `not-found` or `denied` as policy says, `invalid-input` naming rows and columns, `conflict`
     * where the version is not served, `unavailable` where its process died meanwhile
     */
    async predict(principal: PrincipalFacts, id: string, table: Table): Promise<ServedAnswer> {
      const facts = await mayPredict(principal, id, table.rows);
      const { row, check, engine } = await find(principal, id);
      const checked = check(table);
      const outputs = await engine.run(checked.data, checked.rows);
      return answerOf(row, facts.label, checked, outputs);
    },
    /** The process of a served version, for tests. */
    processOf: (id: string): number | undefined => served.get(id)?.engine.pid(),
    countsOf: (id: string) => served.get(id)?.engine.counts,
    close(): void {
      closed = true;
      for (const { engine } of served.values()) engine.close();
    },
  };
}
export type Serving = ReturnType<typeof createServing>;
