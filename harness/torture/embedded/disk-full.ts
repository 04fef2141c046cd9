// Fills the disk that the embedded database is on, while clients write.
import { rm, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../../lib/command-line.ts'
import { buildUser, call } from '../../http/client.ts'
import { startService } from '../../service.ts'
import { until } from '../../until.ts'
import { createPostsJournal, isTemporary } from '../posts-journal.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { createDisk } from './disk.ts'

const usage = `Usage: npm run torture -- disk-full [options]

Clients create posts on the embedded database until its disk is full, and for some seconds more. Writes then get a 503, and reads a 200
or a 503. When there is space again, the service writes again, by itself or after a restart, and every acknowledged post is there.

Needs Linux and root, because it mounts a disk of its own.

  --seconds N    seconds for which the disk stays full (5)
  --clients N    clients that write at the same time (4)
  --help         shows this text
`

const megabytes = 256

export const diskFull: Trial = async (args, report) => {
  const { seconds, clients } = readOptions(usage, { seconds: 5, clients: 4 }, args)
  const disk = await createDisk(megabytes)
  const env = { DATA_DIR: `${disk.folder}/data` }
  let service = await startService({}, { env })
  const stopping = new AbortController()
  try {
    const user = await buildUser(service)
    const journal = createPostsJournal(user)
    const writing = Promise.all(
      Array.from({ length: clients }, () => journal.write(() => service, stopping.signal)),
    )
    const reads: number[] = []
    const read = async () => {
      const { status } = await call(service, 'GET', `/api/users/${user.username}/collection`)
      reads.push(status)
    }
    await until('posts are acknowledged', () => journal.acknowledged.size > 20)
    const before = journal.acknowledged.size
    report('the disk is full')
    const filler = `${disk.folder}/filler`
    await fill(filler)
    const refused = await until('a write is refused', () => journal.refusals.length > 0, 120_000).catch(
      () => false,
    )
    const end = performance.now() + seconds * 1_000
    while (performance.now() < end) await Promise.all([read().catch(() => reads.push(0)), setTimeout(100)])
    const live = (await call(service, 'GET', '/livez').catch(() => undefined))?.status
    const ready = (await call(service, 'GET', '/readyz').catch(() => undefined))?.status
    await rm(filler)
    report('there is space again')
    const known = journal.acknowledged.size
    const recovers = () => until('a post succeeds', () => journal.acknowledged.size > known)
    const alone = await recovers().then(
      () => true,
      () => false,
    )
    if (!alone) {
      await service.stop('SIGKILL')
      service = await startService({}, { env })
      await recovers()
    }
    stopping.abort()
    await writing
    const wrong = journal.refusals.filter((refusal) => !isTemporary(refusal) && refusal.status !== undefined)
    return {
      tables: [],
      checks: [
        holds('posts were acknowledged before', before > 0, before),
        holds('writes are refused while the disk is full', refused !== false, journal.refusals.length),
        none(
          'refusals other than 503 with Retry-After',
          wrong.map(({ status, text }) => `${status} ${text}`),
        ),
        none(
          'reads meanwhile other than 200 or 503',
          reads.filter((status) => ![200, 503].includes(status)),
        ),
        holds('/livez and /readyz meanwhile', true, `${live}, ${ready}`),
        holds('writes again once there is space', true, alone ? 'by itself' : 'after a restart'),
        ...(await journal.compare('disk-full', service)),
      ] satisfies Check[],
    }
  } finally {
    stopping.abort()
    await service.stop('SIGKILL')
    await disk.remove()
  }
}

/** Writes zeros until there is no space. */
async function fill(path: string): Promise<void> {
  for (const size of [2 ** 20, 2 ** 12])
    for (;;) {
      const written = await writeFile(path, Buffer.alloc(size), { flag: 'a' }).then(
        () => true,
        () => false,
      )
      if (!written) break
    }
}
