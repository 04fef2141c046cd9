import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readCosts } from '../../harness/capacity/costs.ts'
import { bottlenecksOf, type Load, needsOf } from '../../harness/capacity/model.ts'
import { hasServer } from '../../harness/database.ts'

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
const capacity = (...args: string[]) => run('scripts/capacity.ts', ...args)

/** Returns the anchors of the headings of a page, as GitHub makes them. */
const anchorsOf = (path: string) =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(' ', '-'),
  )

const load: Load = {
  requestsPerSecond: 10_000,
  mix: { 'one post': 0.4, list: 0.2, timeline: 0.2, search: 0.1, create: 0.1 },
  posts: 1e6,
  users: 1e5,
  follows: 100,
  streams: 0,
  followersPerSecond: 1,
}
const costs = readCosts()
const needs = needsOf(load, costs)

describe('npm run capacity', () => {
  it('computes the needs of a load and names the first bottleneck with its section of the docs', () => {
    const { status, stdout } = capacity('--requests-per-second', '5000', '--posts', '1e9')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^\| Size of the database +\| +\d+ GB \|$/m)
    const [, anchor] = /see docs\/scaling\.md#(\S+)$/m.exec(stdout) ?? []
    expect(anchorsOf('docs/scaling.md')).toContain(anchor)
  })

  it.each([
    [['--popular', '1000000'], 'A very popular user'],
    [['--requests-per-second', '10', '--follows', '100000'], 'Timelines of people who follow thousands'],
    [['--posts', '1000000000000'], 'Size of the database'],
    [['--database-connections', '1'], 'Connections to PostgreSQL'],
  ])('names what %j uses up', (args, bottleneck) => {
    expect(capacity(...args).stdout).toContain(`\n\n${bottleneck} is too small for this load: see `)
  })

  it('rejects a share of writes over 100 %', () => {
    const { status, stderr } = capacity('--writes', '101')
    expect(status).toBe(2)
    expect(stderr).toContain('--writes 101: must be a whole number from 0 to 100.')
  })
})

describe('the capacity model', () => {
  it('has a section in docs/scaling.md for every bottleneck', () => {
    const headings = anchorsOf('docs/scaling.md')
    const names = bottlenecksOf(load, costs).map(({ name }) => name.toLowerCase().replaceAll(' ', '-'))
    expect(names.filter((name) => !headings.includes(name))).toEqual([])
  })

  it('needs twice the CPU for twice the requests, and enough instances for its streams', () => {
    const twice = needsOf({ ...load, requestsPerSecond: 2 * load.requestsPerSecond }, costs)
    expect(twice.serviceCores).toBeCloseTo(2 * needs.serviceCores)
    expect(twice.databaseCores).toBeCloseTo(2 * needs.databaseCores)
    const idle = { ...load, requestsPerSecond: 1 }
    expect(needsOf({ ...idle, streams: 4_001 }, costs).instances).toBe(5)
  })

  it('needs time for each followee of a timeline, and room for each row', () => {
    const more = needsOf({ ...load, follows: load.follows + 1_000 }, costs)
    expect(more.slowTimelineUs - needs.slowTimelineUs).toBeCloseTo(4_000)
    expect(more.databaseBytes - needs.databaseBytes).toBeCloseTo(1_000 * load.users * costs.rows.follow)
  })
})

describe.runIf(hasServer())('npm run bench -- capacity', () => {
  it('measures the costs and compares predictions with measurements', () => {
    const args = ['--posts', '2000', '--users', '500', '--requests', '40']
    const { stdout } = run('bench/main.ts', 'capacity', ...args)
    for (const row of ['one post', 'timeline', 'create', 'a stream, memory', 'µs of PostgreSQL'])
      expect(stdout).toMatch(new RegExp(`^\\| ${row} +\\|.*\\d`, 'm'))
  })
})
