// Cuts the power of the disk that the embedded database is on, while clients write.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../../lib/command-line.ts'
import { buildPost, buildUser, call } from '../../http/client.ts'
import { type Service, startService } from '../../service.ts'
import { createPostsJournal } from '../posts-journal.ts'
import { type Check, holds, type Trial } from '../trial.ts'
import { createDisk, type Disk } from './disk.ts'

const usage = `Usage: npm run torture -- power [options]

Clients create posts on the embedded database with DATA_FSYNC=true, and remember what was acknowledged. Meanwhile the power of its
disk fails: everything that was not flushed is lost, and the service starts again on the rest. Afterwards every acknowledged
post must be there once. Then the same without DATA_FSYNC, where posts must be missing, or the trial shows nothing.

Needs Linux and root, because it mounts a disk of its own.

  --failures N   power failures (5)
  --clients N    clients that write at the same time (4)
  --help         shows this text
`

export const power: Trial = async (args, report) => {
  const { failures, clients } = readOptions(usage, { failures: 5, clients: 4 }, args)
  const kept = await withDisk((disk) => keepPosts(disk, { failures, clients }, report))
  report('without DATA_FSYNC')
  const lost = await withDisk(losePosts)
  return {
    checks: [...kept, holds('without DATA_FSYNC: some are lost', lost > 0, `${lost} of ${control}`)],
    tables: [],
  }
}

async function withDisk<T>(work: (disk: Disk) => Promise<T>): Promise<T> {
  const disk = await createDisk(256)
  return work(disk).finally(disk.remove)
}

const startOn = (disk: Disk, fsync: string) =>
  startService({ DATA_FSYNC: fsync }, { env: { DATA_DIR: `${disk.folder}/data` } })

/** Fails the power while the service runs, which ends. */
async function fail(disk: Disk, service: Service) {
  // A running service would acknowledge writes that the copy of the disk lacks.
  service.kill('SIGSTOP')
  await disk.failPower(() => service.stop('SIGKILL'))
}

type Options = { failures: number; clients: number }

async function keepPosts(
  disk: Disk,
  { failures, clients }: Options,
  report: (text: string) => void,
): Promise<Check[]> {
  let service = await startOn(disk, 'true')
  const stopping = new AbortController()
  try {
    const user = await buildUser(service)
    const journal = createPostsJournal(user)
    const writing = Promise.all(
      Array.from({ length: clients }, () => journal.write(() => service, stopping.signal)),
    )
    for (let failure = 1; failure <= failures; failure++) {
      report(`failure ${failure} of ${failures}, ${journal.acknowledged.size} posts acknowledged`)
      await setTimeout(300 + Math.random() * 700)
      await fail(disk, service)
      service = await startOn(disk, 'true')
      if ((await call(service, 'GET', `/api/users/${user.username}`)).status !== 200)
        return [holds('the user is there after a power failure', false, `failure ${failure}`)]
    }
    stopping.abort()
    await writing
    return await journal.compare('DATA_FSYNC', service)
  } finally {
    stopping.abort()
    await service.stop('SIGKILL')
  }
}

const control = 20

/** Returns how many acknowledged posts are lost; all of them if the database cannot be opened any more. */
async function losePosts(disk: Disk): Promise<number> {
  const service = await startOn(disk, 'false')
  const user = await buildUser(service)
  const ids: string[] = []
  for (let count = 0; count < control; count++) ids.push((await buildPost(service, user)).id)
  await fail(disk, service)
  const again = await startOn(disk, 'false').catch(() => undefined)
  if (!again) return control
  const path = `/api/users/${user.username}/collection`
  const statuses = await Promise.all(
    ids.map(async (id) => (await call(again, 'GET', `${path}/${id}`)).status),
  ).finally(() => again.stop('SIGKILL'))
  return statuses.filter((status) => status !== 200).length
}
