// Shows that what the service counts is what happened: a proxy saw the same, the database has the same, clients were told
// the same, also across a restart.
import { parseArgs } from 'node:util'
import { compare } from '../harness/audit/compare.ts'
import { gatherEvidence } from '../harness/audit/evidence.ts'
import { report, summary } from '../harness/audit/report.ts'
import { machine } from '../harness/command-line/machine.ts'
import { createProgress } from '../harness/command-line/progress.ts'
import { createDatabase } from '../harness/database.ts'
import { findProgram } from '../harness/programs/find.ts'

const help = `Usage: npm run audit [-- options]

Sends mixed requests to a service behind nginx, stops it by SIGTERM in the middle and starts it again, and compares
exactly: nginx's access log, the metrics of both processes, the rows of the database and what clients were told. Exit
code 1 where anything differs. Needs nginx; all ports are free ones of this machine, all files temporary.

  --requests N        how many the service answers at least              (20000)
  --clients N         how many clients send them at the same time        (24)
  --restarts N        how often the service is stopped and started again (1)
  --seed N            makes another run of the same kind                 (1)
  --database-url URL  a PostgreSQL server whose user may create databases, one of which is made and dropped;
                      without it, the embedded database
  --help
`

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    clients: { type: 'string', default: '24' },
    restarts: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    'database-url': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(help)
else
  await audit().catch((error: Error) => {
    process.exitCode = 1
    process.stderr.write(`${error.message}\n`)
  })

async function audit() {
  const [requests, clients, seed] = [number('requests', 1), number('clients', 1), number('seed', 0)]
  const restarts = number('restarts', 0)
  const nginx = findProgram('nginx')
  if (!nginx) throw new Error('nginx is not installed (Debian package nginx).')
  const database = await createDatabase(values['database-url'])
  const progress = createProgress()
  try {
    const start = performance.now()
    const bar = progress.begin('requests', requests)
    const options = { nginx, database: database.env, requests, clients, restarts, seed, onServed: bar.step }
    const evidence = await gatherEvidence(options)
    bar.end()
    const checks = compare(evidence)
    const seconds = ((performance.now() - start) / 1_000).toFixed(0)
    const where = values['database-url'] ? 'PostgreSQL' : 'the embedded database'
    process.stdout.write(`${report(checks)}\n${summary(evidence)}\n${seconds} s on ${where}, ${machine()}\n`)
    if (checks.some(({ differences }) => differences.length > 0)) process.exitCode = 1
  } finally {
    progress.stop()
    await database.drop()
  }
}

function number(name: 'requests' | 'clients' | 'restarts' | 'seed', least: number): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} ${values[name]} is not a whole number from ${least} on.`)
}
