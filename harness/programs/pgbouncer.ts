// Starts PgBouncer with the configuration of deploy/pgbouncer/ in front of a PostgreSQL database.
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { succeeds, unprivilegedUser } from './postgresql.ts'
import { startProgram } from './start.ts'

export type Pgbouncer = Awaited<ReturnType<typeof startPgbouncer>>

/** `url` of the result is that of the database through PgBouncer. */
export async function startPgbouncer(program: string, databaseUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-pgbouncer-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  // PgBouncer refuses to run as root, as PostgreSQL does.
  const user = unprivilegedUser()
  const { hostname, port, username, password } = new URL(databaseUrl)
  const listenPort = await freePort()
  const users = join(folder, 'userlist.txt')
  const settings: [pattern: RegExp, value: string][] = [
    [/^microposts = host=\S+ port=\S+/m, `* = host=${hostname} port=${port || 5432}`],
    [/^listen_port = .*/m, `listen_port = ${listenPort}\nunix_socket_dir =`],
    [/^auth_file = .*/m, `auth_file = ${users}`],
    // A server that needs no password.
    ...(password ? [] : [[/^auth_type = .*/m, 'auth_type = trust'] as [RegExp, string]]),
  ]
  try {
    await writeFile(users, `"${username}" "${decodeURIComponent(password)}"\n`)
    const file = join(folder, 'pgbouncer.ini')
    await writeFile(file, replaceAll(await readFile('deploy/pgbouncer/pgbouncer.ini', 'utf8'), settings))
    if (user) for (const path of [folder, users, file]) await chown(path, user.uid, user.gid)
    const url = Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${listenPort}` }).href
    const started = await startProgram(program, [file], () => succeeds(url, 'SELECT 1'), { user, folder })
    return {
      url,
      stop: async () => {
        // SIGTERM would wait for its clients in newer versions.
        await started.stop('SIGINT')
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

function replaceAll(text: string, settings: [pattern: RegExp, value: string][]): string {
  return settings.reduce((text, [pattern, value]) => {
    if (!pattern.test(text)) throw new Error(`deploy/pgbouncer/pgbouncer.ini has no ${pattern}.`)
    return text.replace(pattern, value)
  }, text)
}
