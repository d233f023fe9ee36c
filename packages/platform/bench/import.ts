/**
 * Import of a large CSV file against DuckDB's own CSV to Parquet on the same file, threads and memory, in turns.
 *
 * Timed is all that an import does once the bytes are staged: start of the sandboxed child, SHA-256, the check that it is
 * text, the strict reading of every cell, zstd Parquet, statistics and first rows, and the blob on disk (fsynced).
 */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ingestFile } from '../src/catalog/ingest/ingest-file.ts';
import { defaultLimits } from '../src/catalog/ingest/model.ts';
import { confinement } from '../src/catalog/ingest/sandbox.ts';
import { createSpaceGuard, openBlobStore, openKeyring } from '../src/kernel/index.ts';

const mebibyte = 2 ** 20;
const run = promisify(execFile);
const { threads, memoryMiB } = defaultLimits;
/** The share of DuckDB's speed that the platform promises; for a tenth of the size, on which the start of the reader weighs more. */
const promisedShare = 0.5;
const promisedShareQuick = 0.35;
/** Child and parent together may hold this much more for the large file than for the small one. */
const flatMiB = 300;

const header = 'id,sample,temperature (C),pressure [kPa],concentration,time,yield / %,ok\n';
const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'];

/** Writes about `bytes` of measurements: integers, words, numbers of 5 to 17 digits, times and booleans. */
const generate = async (file: string, bytes: number): Promise<{ bytes: number; rows: number }> => {
  const handle = await open(file, 'w');
  let state = 12_345;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let written = (await handle.write(header)).bytesWritten;
  let rows = 0;
  while (written < bytes) {
    let text = '';
    for (let i = 0; i < 5000; i++, rows++) {
      const sample = `${names[rows % 6]}-${Math.floor(random() * 1000)}`;
      const time = `2026-0${1 + (rows % 9)}-1${rows % 10}T0${rows % 10}:00:00`;
      const [t, p, c, y] = [random() * 300, random() * 1000, random(), random() * 100];
      text += `${rows},${sample},${t.toFixed(3)},${p.toFixed(2)},${c},${time},${y.toFixed(4)},${rows % 3 === 0}\n`;
    }
    written += (await handle.write(text)).bytesWritten;
  }
  await handle.close();
  return { bytes: written, rows };
};

/** Seconds that DuckDB takes by itself, in a process of its own, started already. */
const bareSeconds = async (file: string, folder: string): Promise<number> => {
  const module = fileURLToPath(import.meta.resolve('@duckdb/node-api'));
  const program = `
    const { DuckDBInstance } = require(${JSON.stringify(module)});
    (async () => {
      const connection = await (await DuckDBInstance.create(':memory:')).connect();
      await connection.run("SET threads = ${threads}; SET memory_limit = '${memoryMiB}MiB'; SET temp_directory = '${folder}/spill'");
      const start = performance.now();
      await connection.run("COPY (FROM read_csv('${file}')) TO '${folder}/bare.parquet' (FORMAT parquet, COMPRESSION zstd)");
      console.log((performance.now() - start) / 1000);
    })();`;
  const { stdout } = await run(process.execPath, ['-e', program]);
  return Number(stdout);
};

type Imported = { seconds: number; peakMiB: number };

/** An import in a folder of its own; peak of the child, as the parent sees it. */
const importOnce = async (file: string, folder: string): Promise<Imported> => {
  const keyring = await openKeyring(folder);
  const blobs = await openBlobStore({
    dataFolder: folder,
    keyring,
    guard: createSpaceGuard({ folder, reserveBytes: 0 }),
  });
  let peak = 0;
  const onMemory = (bytes: number) => {
    peak = Math.max(peak, bytes);
  };
  const start = performance.now();
  const table = await ingestFile({ file, stagingFolder: folder, describe: true, onMemory });
  if (table.content !== 'table') throw new Error('the file was not read as a table');
  const stored = await blobs.put(createReadStream(table.parquetFile), { labelKey: 'bench' });
  const seconds = (performance.now() - start) / 1000;
  await blobs.delete(stored.address);
  return { seconds, peakMiB: Math.round(peak / mebibyte) };
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export type ImportFigures = {
  bytes: number;
  rows: number;
  threads: number;
  confinement: string;
  /** Medians over the rounds. */
  duckDbSeconds: number;
  importSeconds: number;
  importMiBPerSecond: number;
  /** Median over the rounds of DuckDB's seconds over ours. */
  shareOfDuckDb: number;
  promised: number;
  childPeakMiB: number;
  /** Of a file a tenth of the size. */
  smallChildPeakMiB: number;
  parentPeakMiB: number;
  holds: boolean;
};

/** Three rounds over 1 GB (over 100 MB when quick). Writes about three times that below the system's temporary folder. */
export const measureImport = async ({ quick = false } = {}): Promise<ImportFigures> => {
  const folder = await mkdtemp(join(tmpdir(), 'genesis-bench-import-'));
  try {
    const size = quick ? 1e8 : 1e9;
    const promised = quick ? promisedShareQuick : promisedShare;
    const smallFile = join(folder, 'small.csv');
    await generate(smallFile, size / 10);
    const small = await importOnce(smallFile, folder);
    const file = join(folder, 'large.csv');
    const { bytes, rows } = await generate(file, size);
    const bare: number[] = [];
    const ours: Imported[] = [];
    for (let round = 0; round < 3; round++) {
      bare.push(await bareSeconds(file, folder));
      ours.push(await importOnce(file, folder));
    }
    const importSeconds = median(ours.map(({ seconds }) => seconds));
    const shareOfDuckDb = median(
      bare.map((seconds, round) => seconds / (ours[round]?.seconds ?? Number.NaN)),
    );
    const childPeakMiB = Math.max(...ours.map(({ peakMiB }) => peakMiB));
    const flat = childPeakMiB <= small.peakMiB + flatMiB;
    return {
      bytes,
      rows,
      threads,
      confinement: await confinement(),
      duckDbSeconds: median(bare),
      importSeconds,
      importMiBPerSecond: Math.round(bytes / mebibyte / importSeconds),
      shareOfDuckDb,
      promised,
      childPeakMiB,
      smallChildPeakMiB: small.peakMiB,
      parentPeakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      holds: shareOfDuckDb >= promised && flat,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  const flags = new Set(process.argv.slice(2));
  const figures = await measureImport({ quick: flags.has('--quick') });
  console.table({
    'size of the CSV file, MB': { value: Math.round(figures.bytes / 1e6) },
    rows: { value: figures.rows },
    'DuckDB alone, s': { value: Number(figures.duckDbSeconds.toFixed(2)) },
    'import, s': { value: Number(figures.importSeconds.toFixed(2)) },
    'import, MiB/s': { value: figures.importMiBPerSecond },
    "share of DuckDB's speed": { value: Number(figures.shareOfDuckDb.toFixed(2)) },
    promised: { value: figures.promised },
    'peak of the child, MiB': { value: figures.childPeakMiB },
    'peak of the child at a tenth of the size, MiB': { value: figures.smallChildPeakMiB },
    'peak of the server process, MiB': { value: figures.parentPeakMiB },
    threads: { value: figures.threads },
    confinement: { value: figures.confinement },
  });
  console.log(figures.holds ? 'The promise holds.' : 'The promise does NOT hold.');
  if (flags.has('--json')) console.log(JSON.stringify(figures));
  if (!figures.holds) process.exitCode = 1;
}
