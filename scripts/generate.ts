// Writes the generated files: dashboards, rules of the objectives, rules for Kubernetes, tables of the docs.
import { readFile, writeFile } from 'node:fs/promises'
import { readOptions } from '../lib/command-line.ts'
import { type GeneratedFile, generatedFiles } from './generate/files.ts'

const usage = `Usage: npm run generate [-- --check]

Writes the dashboards (deploy/grafana/dashboards), the rules of the objectives (deploy/prometheus/rules/slo.yml) and
the tables of the docs from the code in scripts/generate/, and the rules for Kubernetes
(deploy/kubernetes/monitoring/prometheus-rule.yaml) from all files in deploy/prometheus/rules.

  --check   writes nothing; exit code 1 and a line for each file that is out of date
  --help    shows this text
`

const { check } = readOptions(usage, { check: false })
for (const file of generatedFiles) await update(file)

async function update({ path, generate }: GeneratedFile): Promise<void> {
  const current = await readFile(path, 'utf8').catch(() => '')
  const text = generate(current)
  if (text === current) return
  if (check) process.exitCode = 1
  else await writeFile(path, text)
  process.stdout.write(check ? `${path} is out of date: run npm run generate\n` : `${path} written\n`)
}
