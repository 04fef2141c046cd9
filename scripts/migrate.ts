// Applies the migrations that the database lacks; the service does the same when it starts.
import { parseArgs } from 'node:util'
import { unrecordedMetrics } from '../harness/telemetry/metrics.ts'
import { readConfig } from '../src/config.ts'
import { openDatabase } from '../src/database/client.ts'
import { errorMessage } from '../src/database/sql-errors.ts'

const help = `Usage: npm run migrate

Applies the migrations that the database lacks, a line each. The service does so itself when it starts.

  DATABASE_URL   PostgreSQL; without it the embedded database
  DATA_DIR       the embedded database's folder, default ./data; not while a service runs on it
  --help         this text
`

const { values } = parseArgs({ options: { help: { type: 'boolean' } } })
if (values.help) process.stdout.write(help)
else
  await migrate().catch((error: unknown) => {
    process.stderr.write(`${errorMessage(error)}\n`)
    process.exitCode = 1
  })

async function migrate(): Promise<void> {
  const { DATABASE_URL, DATA_DIR } = process.env
  const { databaseUrl, dataDir } = readConfig({ DATABASE_URL, DATA_DIR })
  const metrics = unrecordedMetrics()
  const database = await openDatabase({
    url: databaseUrl,
    dataDir,
    metrics,
    log: { info: print, warn: print, error: print },
  })
  try {
    await database.migrate()
    const { applied } = database.migrations()
    process.stdout.write(`${database.name}: ${applied} of ${applied} migrations are applied.\n`)
  } finally {
    await database.close()
  }
}

function print(fields: object, message: string): void {
  const details = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  process.stdout.write(`${message}: ${details.join(' ')}\n`)
}
