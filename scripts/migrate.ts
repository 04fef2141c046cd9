// Applies the missing migrations without starting the service.

import { unrecordedMetrics } from '../harness/telemetry/metrics.ts'
import { readOptions } from '../lib/command-line.ts'
import { readConfig } from '../src/config.ts'
import { openDatabase } from '../src/database/client.ts'
import { errorMessage } from '../src/database/sql-errors.ts'

const usage = `Usage: npm run migrate [-- options]

Applies the migrations that the database lacks, as the service does when it starts.

  --database-url URL  PostgreSQL (DATABASE_URL); without it, the embedded database
  --data-dir FOLDER   folder of the embedded database (DATA_DIR, or else ./data), which no service may use meanwhile
  --help              prints this text
`

const { databaseUrl, dataDir } = readOptions(usage, {
  databaseUrl: process.env.DATABASE_URL,
  dataDir: process.env.DATA_DIR,
})

await migrate().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`)
  process.exitCode = 1
})

async function migrate(): Promise<void> {
  const config = readConfig({ DATABASE_URL: databaseUrl, DATA_DIR: dataDir })
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    metrics: unrecordedMetrics(),
    log: { info: print, warn: print, error: print },
  })
  try {
    await database.migrate()
    const { applied } = database.migrations()
    process.stdout.write(`${database.name}: applied migrations: ${applied}, missing: none\n`)
  } finally {
    await database.close()
  }
}

function print(fields: object, message: string): void {
  const details = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  process.stdout.write(`${message}: ${details.join(' ')}\n`)
}
