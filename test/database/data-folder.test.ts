import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshFolder } from '../../harness/database.ts'
import { buildUser, call } from '../../harness/http/client.ts'
import { runService } from '../../harness/service.ts'
import { openDataFolder } from '../../src/database/embedded/data-folder.ts'

let dataDir: string
let drop: () => Promise<void>
beforeEach(async () => {
  const folder = await freshFolder()
  dataDir = folder.env.DATA_DIR
  drop = folder.drop
})
afterEach(() => drop())

describe('the data folder', () => {
  it('is created with its parents, and can be opened again', async () => {
    const folder = join(dataDir, 'deep', 'er')
    const { lock, path } = await openDataFolder(folder)
    expect(path).toBe(join(folder, 'postgres'))
    expect(await readFile(join(path, 'PG_VERSION'), 'utf8')).toBe('18\n')
    lock.release()
    ;(await openDataFolder(folder)).lock.release()
  })

  it('cannot be opened twice; the error names the process that has opened it', async () => {
    const { lock } = await openDataFolder(dataDir)
    await expect(openDataFolder(dataDir)).rejects.toThrow(
      new Error(`The data folder ${dataDir} is in use by process ${process.pid}.`),
    )
    lock.release()
    ;(await openDataFolder(dataDir)).lock.release()
  })

  it('is created again when the first start was killed half-way', async () => {
    await mkdir(join(dataDir, 'postgres.new'))
    await writeFile(join(dataDir, 'postgres.new', 'PG_VERSION'), '18\n')
    const { lock, path } = await openDataFolder(dataDir)
    expect(await readFile(join(path, 'global', 'pg_control'))).toHaveLength(8192)
    lock.release()
  })

  it('is rejected, and unlocked again, when another PostgreSQL version wrote it', async () => {
    ;(await openDataFolder(dataDir)).lock.release()
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n')
    const message = `The data folder ${dataDir} was written by PostgreSQL 17, and this version embeds PostgreSQL 18.`
    await expect(openDataFolder(dataDir)).rejects.toThrow(message)
    await expect(openDataFolder(dataDir)).rejects.toThrow(message)
  })

  it('is rejected when it is a file', async () => {
    await rm(dataDir, { recursive: true })
    await writeFile(dataDir, '')
    await expect(openDataFolder(dataDir)).rejects.toThrow(`The data folder ${dataDir} cannot be used: EEXIST`)
  })

  it.skipIf(getuid?.() === 0)('is rejected when it is not writable', async () => {
    await chmod(dataDir, 0o500)
    await expect(openDataFolder(dataDir)).rejects.toThrow(`The data folder ${dataDir} cannot be used: `)
  })
})

describe('two services on one data folder', () => {
  it('start one at a time, and the second finds all rows after SIGKILL of the first', async () => {
    const first = runService({ DATA_DIR: dataDir })
    await first.logged('ready')
    const { url } = await first.logged('listening')
    const user = await buildUser({ url: String(url) })

    const second = runService({ DATA_DIR: dataDir })
    expect(await second.exited).toBe(1)
    expect(second.stderr()).toBe(`The data folder ${dataDir} is in use by process ${first.pid}.\n`)

    first.kill('SIGKILL')
    await first.exited
    const third = runService({ DATA_DIR: dataDir })
    await third.logged('ready')
    const target = { url: String((await third.logged('listening')).url) }
    expect((await call(target, 'GET', `/api/users/${user.username}`)).status).toBe(200)
    third.kill('SIGTERM')
    expect(await third.exited).toBe(0)
  })
})
