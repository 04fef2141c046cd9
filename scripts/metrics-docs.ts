// Generates the tables of docs/metrics.md from src/metrics/catalogue.ts and otel/catalogue.ts.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { withTables } from './generate/metrics-tables.ts'

const help = `Usage: npm run docs:metrics [-- --check]

Writes the tables of docs/metrics.md from src/metrics/catalogue.ts and otel/catalogue.ts.

  --check   writes nothing; exit code 1 when they are not current
  --help    this text
`
const path = 'docs/metrics.md'

const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })
if (values.help) process.stdout.write(help)
else {
  const page = await readFile(path, 'utf8')
  const current = withTables(page)
  if (values.check && page !== current) {
    process.stderr.write(`${path} is out of date: run npm run docs:metrics.\n`)
    process.exitCode = 1
  } else if (!values.check) await writeFile(path, current)
}
