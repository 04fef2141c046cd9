// Clients that are slow in each way, next to a normal one.
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../lib/command-line.ts'
import { quantile } from '../command-line/statistics.ts'
import { createDatabase } from '../database.ts'
import { buildUser, type Target, type User } from '../http/client.ts'
import { startService } from '../service.ts'
import type { Answer } from './load/jobs.ts'
import { get } from './load/requests.ts'
import { startSender } from './load/start-sender.ts'
import { holds, none, type Trial } from './trial.ts'

const usage = `Usage: npm run torture -- slow [options]

Opens sockets that send their headers slowly, send their bodies slowly, or pipeline and read nothing, with limits
on time of a few seconds. A normal client must be answered meanwhile, and the service must close every slow socket.

  --sockets N          slow sockets (500)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" for the embedded database
  --help               shows this text
`

const limits = { HEADERS_TIMEOUT: '3s', REQUEST_TIMEOUT: '5s', RESPONSE_TIMEOUT: '5s' }
/** The longest of the limits, and the time of a client whose request was refused. */
const boundMs = 15_000

type Ways = Record<string, (socket: Socket) => void>

export const slow: Trial = async (args, report) => {
  const defaults = { sockets: 500, databaseUrl: process.env.TEST_DATABASE_URL }
  const { sockets: count, databaseUrl } = readOptions(usage, defaults, args)
  const database = await createDatabase(databaseUrl)
  const service = await startService(limits, database)
  const sender = await startSender(service)
  try {
    const user = await buildUser(service)
    const list = get(`/api/users/${user.username}/collection`)
    const ways = slowWays(user)
    const names = Object.keys(ways)
    report(`${count} slow sockets`)
    const start = performance.now()
    const closedMs = Array.from({ length: count }, (_, index) => {
      const name = names[index % names.length] ?? ''
      return openSlowly(service, ways[name]).then(() => ({ name, ms: performance.now() - start }))
    })
    const bound = setTimeout(boundMs, undefined, { ref: false })
    const [answers] = await Promise.all([
      sender.run({ texts: [list], rate: 50, seconds: 10 }),
      Promise.race([Promise.all(closedMs), bound]),
    ])
    const closed = await settled(closedMs)
    const last = Math.max(...closed.map(({ ms }) => ms))
    return {
      tables: [],
      checks: [
        holds(
          `All slow sockets are closed within ${boundMs / 1_000} s`,
          closed.length === count,
          closed.length,
        ),
        holds('the last after', true, `${(last / 1_000).toFixed(1)} s`),
        none('A normal client is always answered', failures(answers)),
        holds(
          'its p99',
          true,
          `${quantile(
            answers.map(({ ms }) => ms),
            0.99,
          ).toFixed(0)} ms`,
        ),
      ],
    }
  } finally {
    await sender.stop()
    await service.stop()
    await database.drop()
  }
}

const failures = (answers: Answer[]) =>
  answers.filter(({ status }) => status !== 200).map(({ status, fault }) => fault ?? status)

/** The results that are there already. */
async function settled<T>(promises: Promise<T>[]): Promise<T[]> {
  const results = await Promise.all(promises.map((promise) => Promise.race([promise, undefined])))
  return results.filter((result) => result !== undefined)
}

function slowWays({ username, token }: User): Ways {
  const large = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const body =
    `POST /api/users/${username}/collection HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"text":"'
  return {
    headers: (socket) => drip(socket, 'GET /api/posts HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
    body: (socket) => drip(socket, body),
    // Enough for the responses to fill the buffers of the connection.
    reading: (socket) => socket.pause().write(large.repeat(20)),
  }
}

function drip(socket: Socket, text: string) {
  socket.resume().write(text)
  const timer = setInterval(() => socket.write('a'), 500)
  socket.once('close', () => clearInterval(timer))
}

/** Resolves when the service has closed the connection, which a client that reads nothing notices when it writes. */
function openSlowly({ url }: Target, start: ((socket: Socket) => void) | undefined): Promise<void> {
  const socket = connect(Number(new URL(url).port), 'localhost')
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.once('close', () => resolve())
    start?.(socket)
    const probing = setInterval(() => socket.write('\r\n'), 1_000)
    socket.once('close', () => clearInterval(probing))
  })
}
