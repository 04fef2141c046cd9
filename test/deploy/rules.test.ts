// Checks deploy/prometheus/ with promtool, and checks that each alert is tested and has a runbook.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { possibleOutcomes } from '../../harness/catalogue/request-outcomes.ts'
import { requireProgram } from '../../harness/programs/find.ts'

type Rule = {
  alert?: string
  expr: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}
type RulesFile = { groups: { rules: Rule[] }[] }
type TestsFile = { tests: { promql_expr_test?: { exp_samples: { labels: string }[] }[] }[] }

const ruleFiles = globSync('deploy/prometheus/rules/*.yml')
const testFiles = globSync('deploy/prometheus/tests/*.yml')
const alerts = ruleFiles
  .flatMap((file) => (parse(readFileSync(file, 'utf8')) as RulesFile).groups)
  .flatMap(({ rules }) => rules)
  .filter(({ alert }) => alert !== undefined)

describe('deploy/prometheus', () => {
  it('passes promtool: configuration, rules and their tests', (context) => {
    const promtool = requireProgram('promtool', context)
    const check = (...args: string[]) => execFileSync(promtool, args, { encoding: 'utf8', stdio: 'pipe' })

    expect(check('check', 'config', 'deploy/prometheus/prometheus.yml')).toContain(
      'is valid prometheus config',
    )
    expect(check('check', 'rules', ...ruleFiles)).not.toContain('FAILED')
    expect(check('test', 'rules', ...testFiles)).not.toContain('FAILED')
  })

  it('has a test in which each alert fires', () => {
    const tests = testFiles.flatMap((file) => {
      return (parse(readFileSync(file, 'utf8'), { merge: true }) as TestsFile).tests
    })
    const expected = tests
      .flatMap(({ promql_expr_test: cases = [] }) => cases)
      .flatMap(({ exp_samples: samples = [] }) => samples.map(({ labels }) => labels))
    const untested = alerts.filter(({ alert, labels }) => {
      const named = [`alertname="${alert}"`, ...(labels?.window ? [`window="${labels.window}"`] : [])]
      return !expected.some((text) => named.every((part) => text.includes(part)))
    })
    expect(untested).toEqual([])
  })

  it.each(alerts)(
    'gives $alert a severity, a summary, a description and an existing runbook',
    ({ labels, annotations }) => {
      expect(labels?.severity).toMatch(/^(page|ticket)$/)
      expect(annotations?.summary).toBeTruthy()
      expect(annotations?.description).toBeTruthy()
      const [file = '', section] = annotations?.runbook?.split('#') ?? []
      expect(anchors(file)).toContain(section)
    },
  )

  it('selects only routes that the service declares', () => {
    const declared = new Set(possibleOutcomes().map(({ route }) => route))
    const selected = ruleFiles.flatMap((file) =>
      Array.from(readFileSync(file, 'utf8').matchAll(/http_route!?="([^"]+)"/g), ([, route = '']) => route),
    )
    expect(selected).not.toEqual([])
    expect(selected.filter((route) => !declared.has(route))).toEqual([])
  })
})

/** The anchors that a Markdown viewer gives to the headings of a file. */
function anchors(file: string): string[] {
  return Array.from(readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  )
}
