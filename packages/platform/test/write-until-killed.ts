// Opens the database of a folder and writes numbered rows until it is killed. Says each number on standard output once
// its commit was acknowledged, so that a test knows what must never be lost.
import { sql } from 'drizzle-orm';
import { createLog, openDatabase } from '../src/kernel/index.ts';

const [dataFolder = ''] = process.argv.slice(2);
const database = await openDatabase({ dataFolder, log: createLog({ level: 'error' }) });
await database.orm.execute(sql`create table if not exists written (number integer)`);
const found = await database.orm.execute<{ last: number | null }>(
  sql`select max(number) as last from written`,
);
process.stdout.write('ready\n');
for (let number = (found.rows[0]?.last ?? 0) + 1; ; number++) {
  await database.transaction((tx) => tx.execute(sql`insert into written values (${number})`));
  process.stdout.write(`${number}\n`);
}
