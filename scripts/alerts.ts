// Proves that each alert reaches its receiver when its fault is real, and that no other alert does.
import pLimit from 'p-limit'
import { faults } from '../harness/alerts/faults.ts'
import { type Outcome, type Programs, playFault, playHealthy } from '../harness/alerts/play.ts'
import { table } from '../harness/command-line/table.ts'
import { findProgram } from '../harness/programs/find.ts'
import { orZero, readOptions } from '../lib/command-line.ts'

const usage = `Usage: npm run alerts [-- options]

Injects each fault into a service that Prometheus and Alertmanager watch with the files in deploy/, and shows which alerts
arrive at the receivers. Then sends healthy traffic and shows that no alert arrives. Exits with 1 if an expected alert is
missing or another one arrives. Needs PostgreSQL, prometheus and alertmanager. Uses free ports and temporary files. Takes
about five minutes.

  --divide N          divides all durations of rules and routes (60: 5m becomes 5 s); scrapes and evaluations
                      take place every second, and thresholds stay
  --at-once N         faults to play at the same time (1)
  --only TEXT         only alerts whose name contains this text
  --soak N            seconds of healthy traffic (60); 0 leaves it out
  --database-url URL  PostgreSQL server whose user may create databases (TEST_DATABASE_URL)
  --help              prints this text
`

const { divide, atOnce, only, soak, databaseUrl } = readOptions(usage, {
  divide: 60,
  atOnce: 1,
  only: '',
  soak: orZero(60),
  databaseUrl: process.env.TEST_DATABASE_URL,
})

await prove().catch((error: Error) => {
  process.exitCode = 1
  process.stderr.write(`${error.message}\n`)
})

async function prove() {
  const programs = findPrograms()
  const chosen = faults.filter(({ alert }) => alert.includes(only))
  const rows = await pLimit(atOnce).map(chosen, async (fault, index) => {
    process.stderr.write(`${index + 1} of ${chosen.length}: ${fault.name}\n`)
    return row(fault.name, fault.alert, await playFault(fault, programs))
  })
  if (soak > 0) {
    const name = `healthy traffic for ${soak} s`
    process.stderr.write(`${name}\n`)
    rows.push(row(name, 'none', await playHealthy(soak * 1_000, programs)))
  }
  process.stdout.write(`${table(['Fault', 'Expected', 'Arrived', 'After s', 'As expected'], rows)}\n`)
}

function row(name: string, expected: string, { alerts, secondsToAlert }: Outcome): string[] {
  const arrived = alerts.join(', ') || 'none'
  if (arrived !== expected) process.exitCode = 1
  return [name, expected, arrived, secondsToAlert?.toFixed(1) ?? '', arrived === expected ? 'yes' : 'NO']
}

function findPrograms(): Programs {
  const found = { prometheus: findProgram('prometheus'), alertmanager: findProgram('alertmanager') }
  const { prometheus, alertmanager } = found
  if (prometheus && alertmanager && databaseUrl)
    return { prometheus, alertmanager, serverUrl: databaseUrl, divisor: divide }
  const missing = Object.entries({ ...found, '--database-url': databaseUrl })
    .filter(([, value]) => !value)
    .map(([name]) => name)
  throw new Error(`Missing: ${missing.join(', ')}. See --help.`)
}
