// PostgreSQL clusters of our own, in temporary folders and on free ports, to be killed.
import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { administer } from '../database.ts'
import { freePort } from '../http/free-port.ts'
import { until } from '../until.ts'
import { locateProgram } from './find.ts'
import { type StartedProgram, startProgram } from './start.ts'

export type Cluster = Awaited<ReturnType<typeof createCluster>>

/** Creates a cluster that is not running: an empty one, or with `of` a replica that streams from a running cluster. */
export async function createCluster({ of: primary }: { of?: { port: number } } = {}) {
  const bin = dirname(realpathSync(locateProgram('postgres')))
  const user = unprivilegedUser()
  const folder = await mkdtemp(join(tmpdir(), 'microposts-cluster-'))
  if (user) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const remove = () => rm(folder, { recursive: true, force: true })
  const url = (database = 'postgres') => `postgresql://postgres@127.0.0.1:${port}/${database}`
  let running: StartedProgram | undefined

  const run = (program: string, args: string[]) => {
    const { status, stderr, error } = spawnSync(join(bin, program), args, {
      ...user,
      cwd: folder,
      encoding: 'utf8',
    })
    if (error) throw error
    if (status !== 0) throw new Error(`${program} exited with ${status}: ${stderr}`)
  }
  try {
    if (primary) run('pg_basebackup', ['-D', data, '-d', connection(primary.port), '-R', '-c', 'fast', '-N'])
    else run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'])
  } catch (error) {
    await remove()
    throw error
  }

  return {
    port,
    url,
    execute: (statement: string) => administer(url(), statement),
    /** Whether an SQL expression is true. */
    holds: (expression: string) => succeeds(url(), `SELECT 1 / (${expression})::int`),

    async start() {
      const address = ['-p', String(port), '-h', '127.0.0.1', '-k', folder]
      const isReady = () => succeeds(url(), 'SELECT 1')
      running = await startProgram(join(bin, 'postgres'), ['-D', data, ...address], isReady, {
        user,
        folder,
      })
    },

    /** Kills all processes of the cluster at once, as if its machine had crashed. */
    async kill() {
      const pid = running?.pid
      if (!running || pid === undefined) return
      const children = childrenOf(pid)
      const ended = running.stop('SIGKILL')
      for (const child of children) signal(child, 'SIGKILL')
      running = undefined
      await ended
      // A process that is still attached to the shared memory prevents the next start.
      await until('all processes have ended', () => children.every((child) => !signal(child, 0)))
    },

    /** Kills the cluster and removes its files. */
    async remove() {
      await this.kill()
      await remove()
    },
  }
}

/** Whether a statement succeeds; false if the server does not respond. */
export const succeeds = (url: string, statement: string): Promise<boolean> =>
  administer(url, statement).then(
    () => true,
    () => false,
  )

const connection = (port: number) => `host=127.0.0.1 port=${port} user=postgres`

/** PostgreSQL refuses to run as root; its Debian package creates a user. */
export function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (option: string) => {
    const { status, stdout } = spawnSync('id', [option, 'postgres'], { encoding: 'utf8' })
    if (status !== 0) throw new Error('PostgreSQL refuses to run as root, and there is no user postgres.')
    return Number(stdout)
  }
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const processes = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return processes.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []))
}

/** Returns whether the process exists. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
