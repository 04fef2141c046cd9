import { spawnSync } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { familyOf } from '../../harness/catalogue/families.ts'
import { startService } from '../../harness/service.ts'
import { catalogue } from '../../src/metrics/catalogue.ts'

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/main.ts', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('npm run bench', () => {
  it('prints the results of a benchmark as a table', () => {
    const { status, stdout } = bench('scrape', '--lines', '500', '--rounds', '2')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^\| ours, text +\| +\d+ \|/m)
  })

  it.each(['start', 'scrape', 'growth', 'requests', 'writers', 'capacity', 'memory', 'telemetry'])(
    'describes the options of %s',
    (name) => {
      const { status, stdout } = bench(name, '--help')
      expect(status).toBe(0)
      expect(stdout).toContain(`Usage: npm run bench -- ${name} [options]`)
    },
  )

  it.each([
    [['fly'], 'There is no benchmark "fly".'],
    [[], 'Name a benchmark.'],
    [['scrape', '--linse', '5'], "Unknown option '--linse'"],
    [['scrape', '--lines', 'many'], '--lines many: must be a whole number from 1.'],
  ])('reports the wrong arguments %j in one line, followed by the usage', (args, fault) => {
    const { status, stdout, stderr } = bench(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr.startsWith(`${fault}\n\nUsage: npm run bench -- `)).toBe(true)
  })
})

describe('the prom-client variant of bench telemetry', () => {
  it('exposes every metric of the catalogue', async () => {
    const preload = ['./otel/register.ts', './bench/telemetry/prom-client/register.ts']
    const service = await startService({ OTEL_SDK_DISABLED: 'true' }, undefined, { preload })
    onTestFinished(() => service.stop())
    const exposition = await (await fetch(service.metricsUrl)).text()
    const expected = Object.entries(catalogue).map(([name, metric]) => familyOf(name, metric))
    expect(expected.filter((family) => !exposition.includes(`# TYPE ${family} `))).toEqual([])
  })
})
