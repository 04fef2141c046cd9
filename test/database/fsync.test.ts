// DATA_FSYNC: what the embedded database flushes to the disk.
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

/** Logs the file of each fsync when it has returned. */
const logFsync = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const { fsyncSync } = fs
fs.fsyncSync = (descriptor) => {
  fsyncSync(descriptor)
  const file = fs.readlinkSync('/proc/self/fd/' + descriptor)
  fs.writeSync(1, JSON.stringify({ level: 30, msg: 'fsync', file }) + '\\n')
}
syncBuiltinESMExports()`
const preload = [`data:text/javascript,${encodeURIComponent(logFsync)}`, './otel/register.ts']

const isLog = (file: unknown) => /\/pg_wal\/[0-9A-F]{24}$/.test(String(file))
const filesOf = ({ lines }: Service) => lines.filter(({ msg }) => msg === 'fsync').map(({ file }) => file)

describe.runIf(process.platform === 'linux').each([
  ['true', 5],
  ['false', 0],
] as const)('with DATA_FSYNC=%s', (setting, flushes) => {
  let service: Service
  let user: User
  beforeAll(async () => {
    service = await startService({ DATA_FSYNC: setting, DATABASE_URL: '' }, undefined, { preload })
    user = await buildUser(service)
  })
  afterAll(() => service.stop())

  it(`${flushes === 0 ? 'no' : 'each'} commit flushes the log`, async () => {
    const before = filesOf(service).filter(isLog).length
    for (let count = 0; count < 5; count++) await buildPost(service, user)
    const flushed = () => filesOf(service).filter(isLog).length - before
    if (flushes > 0) await until('the log was flushed for each post', () => flushed() >= flushes)
    else expect(flushed()).toBe(0)
  })

  it(`${flushes === 0 ? 'nothing' : 'the whole folder, and its entry,'} is flushed at the start`, () => {
    const files = filesOf(service)
    expect(files.some((file) => String(file).endsWith('/PG_VERSION'))).toBe(flushes > 0)
    expect(files.some((file) => /\/microposts-[^/]+$/.test(String(file)))).toBe(flushes > 0)
    expect(files.includes(tmpdir())).toBe(flushes > 0)
  })

  it(`${flushes === 0 ? 'nothing' : 'data'} is flushed when the database is closed`, async () => {
    const before = filesOf(service).length
    await service.stop()
    expect(
      filesOf(service)
        .slice(before)
        .some((file) => /\/base\//.test(String(file))),
    ).toBe(flushes > 0)
  })
})
