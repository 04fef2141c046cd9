// Writes what is generated under otel/: the SLO's rules and Grafana's dashboards.
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { generated } from './generate/generated.ts'

const help = `Usage: npm run generate:otel [-- --check]

Writes deploy/prometheus/rules/slo.yml and deploy/grafana/dashboards/*.json from scripts/generate/.

  --check   writes nothing; exit code 1 and a line for each file that is not current
  --help    this text
`

const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })
if (values.help) process.stdout.write(help)
else
  for (const { path, text } of generated()) {
    const current = await readFile(path, 'utf8').catch(() => '')
    if (current === text) continue
    if (values.check) process.exitCode = 1
    else await writeFile(path, text)
    process.stdout.write(`${path} ${values.check ? 'is not current' : 'written'}\n`)
  }
