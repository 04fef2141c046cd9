import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'))
const benchmarks = ['start', 'scrape', 'growth', 'capacity', 'telemetry'].map(
  (name) => `node bench/main.ts ${name}`,
)
/** Every command of our own. The others run the service or programs of packages. */
const commands = [...Object.values(scripts), ...benchmarks].filter((command) =>
  /^node [^&]*\b(scripts|bench)\/[\w-]+[.]ts\b[^&]*$/.test(command),
)

const run = (command: string, option: string) => {
  const [, ...args] = [...command.split(' '), option]
  return spawnSync(process.execPath, args, { encoding: 'utf8' })
}

describe.each(commands)('%s', (command) => {
  it('prints its usage for --help', () => {
    const { status, stdout, stderr } = run(command, '--help')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: npm run .*--help/s)
  })

  it('prints one line and the usage for a wrong option', () => {
    const { status, stdout, stderr } = run(command, '--no-such-option')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^.*--no-such-option.*\n\nUsage: npm run /)
  })
})
