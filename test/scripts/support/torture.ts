import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'

/** Longer than a short form of a trial takes on a busy machine. */
export const trialTimeout = { timeout: 240_000 }

export function torture(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/torture.ts', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** Runs a trial, and expects that it passes. */
export function expectToPass(name: string, ...args: string[]) {
  const { status, stdout, stderr } = torture(name, ...args)
  const failed = stdout.split('\n').filter((line) => line.includes(' NO '))
  expect({ status, failed, stderr }).toMatchObject({ status: 0, failed: [] })
  expect(stdout).toMatch(/^\| Check +\| Passed \| +Seen \|$/m)
}
