// Runs one trial of the service under load, faults or hostile clients, and says whether it passed.

import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { table } from '../harness/command-line/table.ts'
import { type Trial, trials } from '../harness/torture/trials.ts'
import { exitWithUsage } from '../lib/command-line.ts'

const usage = `Usage: npm run torture -- NAME [options]

  overload    more requests than the service can answer, at fixed arrival rates, and a flood of logins
  slow        clients that send headers or bodies slowly, or read slowly
  journal     the service is killed while clients write; every acknowledged write must be there afterwards
  faults      the database is down, silent, out of connections, read-only, or reports conflicts
  rolling     two instances behind haproxy are restarted one after the other
  power       the power fails while clients write to the embedded database with DATA_FSYNC
  failover    a primary PostgreSQL is killed, and its replica promoted
  disk-full   the disk of the embedded database is full for some seconds
  clock       the clock is set back while clients write and read streams
  fuzz        malformed, ambiguous and random bytes; every response is one that they allow
  smuggle     ambiguous requests through nginx and haproxy; the service sees what the proxy sent
  pooler      two instances reach PostgreSQL through PgBouncer
  soak        everything that clients do, for ten minutes; memory is flat and nothing stays open

npm run torture -- NAME --help shows the options. Each trial starts services of its own on free ports of this machine, and
exits with 1 if a check fails.
`

const [name = '', ...args] = process.argv.slice(2)
const trial = trials.get(name)
if (trial) {
  await run(trial).catch((error: Error) => {
    showStatus('')
    process.stderr.write(`${error.message}\n`)
    // Without waiting for what a failed trial left behind.
    process.exit(1)
  })
} else if (name === '--help') process.stdout.write(usage)
else exitWithUsage(name ? `There is no trial "${name}".` : 'Name a trial.', usage)

async function run(trial: Trial) {
  const { checks, tables } = await trial(args, showStatus)
  showStatus('')
  const rows = checks.map(({ check, passed, seen }) => [check, passed ? 'yes' : 'NO', seen])
  const text = [...tables, table(['Check', 'Passed', 'Seen'], rows), machine()]
  process.stdout.write(`${text.join('\n\n')}\n`)
  if (checks.some(({ passed }) => !passed)) process.exitCode = 1
}
