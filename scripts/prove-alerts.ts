// Shows that each alert arrives at Alertmanager's receivers when its fault is real, alone, and none without a fault.
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import { faults } from '../harness/alerts/faults.ts'
import { type Outcome, playFault, type Stage, soak } from '../harness/alerts/prove.ts'
import { table } from '../harness/command-line/table.ts'
import { findProgram } from '../harness/programs/find.ts'

const help = `Usage: npm run alerts [-- options]

Injects each fault into a service of its own, watched by a Prometheus and an Alertmanager on the files in otel/, and shows
which alert arrives; then lets healthy traffic run and shows that none does. Exit code 1 when another alert than the
fault's own arrives, or none. Needs PostgreSQL (TEST_DATABASE_URL, a user who may create databases), prometheus and
alertmanager on the PATH; all ports are free ones of this machine, all files temporary. Takes about five minutes.

  --divide N   divides every duration of rules and routes (default 60: 5m is 5 s, 1h is 1 min); scrapes and
               evaluations come every second, and thresholds stay
  --at-once N  faults that are played at the same time (default 1), each with programs of its own
  --only TEXT  only alerts whose name has this text
  --soak S     seconds of healthy traffic (default 60; 0 leaves it out)
  --help       this text
`

const { values } = parseArgs({
  options: {
    divide: { type: 'string', default: '60' },
    'at-once': { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    soak: { type: 'string', default: '60' },
    help: { type: 'boolean' },
  },
})
if (values.help) process.stdout.write(help)
else await prove()

async function prove() {
  const stage = findStage()
  const chosen = faults.filter(({ alert }) => alert.includes(values.only))
  const rows: string[][] = []
  const add = (name: string, expected: string, { names, secondsToAlert }: Outcome) => {
    const arrived = names.join(', ') || 'none'
    if (arrived !== expected) process.exitCode = 1
    rows.push([
      name,
      expected,
      arrived,
      secondsToAlert?.toFixed(1) ?? '',
      arrived === expected ? 'yes' : 'NO',
    ])
  }
  const limit = pLimit(Number(values['at-once']))
  const outcomes = await limit.map(chosen, (fault, index) => {
    process.stderr.write(`${index + 1} of ${chosen.length}: ${fault.name}\n`)
    return playFault(fault, stage)
  })
  for (const [index, fault] of chosen.entries()) {
    const outcome = outcomes[index]
    if (outcome) add(fault.name, fault.alert, outcome)
  }
  const soakSeconds = Number(values.soak)
  if (soakSeconds > 0) {
    process.stderr.write(`healthy traffic for ${soakSeconds} s\n`)
    add(`healthy traffic for ${soakSeconds} s`, 'none', await soak(soakSeconds * 1_000, stage))
  }
  process.stdout.write(`${table(['Fault', 'Expected', 'Arrived', 'After s', 'As it should'], rows)}\n`)
}

function findStage(): Stage {
  const prometheus = findProgram('prometheus')
  const alertmanager = findProgram('alertmanager')
  const adminUrl = process.env.TEST_DATABASE_URL
  if (prometheus && alertmanager && adminUrl)
    return { prometheus, alertmanager, adminUrl, divisor: Number(values.divide) }
  const missing = { prometheus, alertmanager, TEST_DATABASE_URL: adminUrl }
  const names = Object.entries(missing).flatMap(([name, value]) => (value ? [] : [name]))
  process.stderr.write(`Missing: ${names.join(', ')}. See --help.\n`)
  process.exit(1)
}
