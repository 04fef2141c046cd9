// Checks that the metrics of the service are exact: against a proxy's log, the database and the responses to clients.
import { compare } from '../harness/audit/checks/compare.ts'
import type { Check } from '../harness/audit/checks/tally.ts'
import { type Evidence, gatherEvidence } from '../harness/audit/evidence.ts'
import { machine } from '../harness/command-line/machine.ts'
import { createProgress } from '../harness/command-line/progress.ts'
import { table } from '../harness/command-line/table.ts'
import { createDatabase } from '../harness/database.ts'
import { findProgram } from '../harness/programs/find.ts'
import { exitWithUsage, orZero, readOptions } from '../lib/command-line.ts'

const usage = `Usage: npm run audit [-- options]

Sends mixed requests to a service behind nginx, restarts the service meanwhile, and compares exactly: nginx's access log,
the metrics of all processes, the rows of the database and the responses to clients. Exits with 1 if anything differs.
Needs nginx. Uses free ports and temporary files.

  --requests N          requests that the service responds to, at least (20000)
  --clients N           concurrent clients (24)
  --disconnect PERCENT  share of the clients that also send requests and disconnect before the response (0)
  --restarts N          restarts of the service during the load (1)
  --workers N           processes that serve the port (1); more than 1 needs PostgreSQL
  --seed N              varies the requests (1)
  --database-url URL    PostgreSQL server whose user may create databases (TEST_DATABASE_URL);
                        without it, the embedded database
  --help                prints this text

Requests of clients that disconnect: nginx forwards them as HTTP/1.0, so the service counts them apart from all others. By
method and route, their number must equal the number of requests that nginx forwarded. Their status is not compared,
because only the service knows whether it finished its response first. Posts that they created must be rows. On the routes
that they used, request sizes are compared without the status, and response sizes are not compared. Before a restart they
pause until the service has counted them, because a process that stops does not read connections that are still queued.
`

/** The most differences to show for one check. */
const mostShown = 20

const { databaseUrl, ...options } = readOptions(usage, {
  requests: 20_000,
  clients: 24,
  disconnect: orZero(0),
  restarts: orZero(1),
  workers: 1,
  seed: orZero(1),
  databaseUrl: process.env.TEST_DATABASE_URL,
})

if (options.disconnect > 100) exitWithUsage('--disconnect must be at most 100.', usage)
if (options.workers > 1 && !databaseUrl) exitWithUsage('--workers needs --database-url.', usage)

await audit().catch((error: Error) => {
  process.exitCode = 1
  process.stderr.write(`${error.message}\n`)
})

async function audit() {
  const nginx = findProgram('nginx')
  if (!nginx) throw new Error('nginx is not installed (Debian package nginx).')
  const database = await createDatabase(databaseUrl)
  const progress = createProgress()
  try {
    const start = performance.now()
    const bar = progress.begin('requests', options.requests)
    const evidence = await gatherEvidence({ ...options, nginx, database: database.env, onServed: bar.step })
    bar.end()
    const checks = compare(evidence)
    const seconds = ((performance.now() - start) / 1_000).toFixed(0)
    const where = databaseUrl ? 'PostgreSQL' : 'the embedded database'
    process.stdout.write(`${report(checks)}\n${summary(evidence)}\n${seconds} s on ${where}, ${machine()}\n`)
    if (checks.some(({ differences }) => differences.length > 0)) process.exitCode = 1
  } finally {
    progress.stop()
    await database.drop()
  }
}

/** Returns a table with a row for each check, and a line for each difference. */
function report(checks: Check[]): string {
  const head = ['Counted by the service', 'against', 'counted', 'found', 'difference']
  const rows = checks.map(({ what, against, counted, found, differences }) => {
    const size = differences.reduce((sum, { counted, found }) => sum + Math.abs(counted - found), 0)
    return [what, against, number(counted), number(found), number(size)]
  })
  const details = checks.flatMap(({ what, differences }) => [
    ...differences
      .slice(0, mostShown)
      .map(({ key, counted, found }) => `${what}: ${key}: counted ${counted}, found ${found}`),
    ...(differences.length > mostShown ? [`${what}: ${differences.length - mostShown} more`] : []),
  ])
  return [table(head, rows), '', ...details].join('\n')
}

function summary({ log, abandoned, abandonedByClients, pushes }: Evidence): string {
  const unanswered = log.filter(({ response }) => !response)
  const cutOff = unanswered.filter((entry) => entry.cutOff).length
  const forwarded = abandoned.filter((entry) => entry.forwarded)
  const closed = forwarded.filter(({ response }) => !response)
  return [
    `${pushes.length} processes responded to ${number(log.length - unanswered.length)} requests. ` +
      `${number(unanswered.length)} more arrived while none was running; the stop cut ${cutOff} of them off.`,
    ...(abandonedByClients > 0
      ? [
          `${number(abandonedByClients)} more were sent by clients that disconnected; nginx forwarded ` +
            `${number(forwarded.length)}, and closed ${number(closed.length)} of these before a response.`,
        ]
      : []),
  ].join('\n')
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 3 })
}
