import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { requireProgram } from '../../harness/programs/find.ts'

it.for(readdirSync('deploy/haproxy'))('haproxy accepts %s without warnings', (name, context) => {
  const haproxy = requireProgram('haproxy', context)
  const { status, stdout, stderr } = spawnSync(haproxy, ['-c', '-f', `deploy/haproxy/${name}`])
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  expect(String(stdout)).toBe('Configuration file is valid\n')
})
