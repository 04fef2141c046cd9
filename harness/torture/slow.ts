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
on time of a few seconds. A normal client must be answered meanwhile, and the service must close every slow socket. All sockets are
opened at once, two seconds after the service has got its first requests.

  --sockets N          slow sockets (500)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" for the embedded database
  --help               shows this text
`

const limits = { HEADERS_TIMEOUT: '3s', REQUEST_TIMEOUT: '5s', RESPONSE_TIMEOUT: '5s' }
/** The longest of the limits, and the time of a client whose request was refused. */
const boundMs = 15_000

/** The code of a service that has just started is not compiled yet. */
const warmUpSeconds = 2

/** 1.7 MB. */
const file = '/docs/swagger-ui-bundle.js'

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
    report('warming up')
    await sender.run({ texts: [list, get(file)], clients: 4, seconds: warmUpSeconds })
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
  const large = `GET ${file} HTTP/1.1\r\nHost: localhost\r\n\r\n`
  const body =
    `POST /api/users/${username}/collection HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"text":"'
  return {
    headers: (socket) =>
      repeatedly(socket.resume(), 'GET /api/posts HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', 'a'),
    body: (socket) => repeatedly(socket.resume(), body, 'a'),
    // Enough for the responses to fill the buffers of the connection.
    reading: (socket) => repeatedly(socket.pause(), large.repeat(20), '\r\n'),
  }
}

/** Sends a text, and then another one regularly: a client that reads nothing notices the end of a connection when it writes. */
function repeatedly(socket: Socket, text: string, next: string) {
  socket.write(text)
  const timer = setInterval(() => socket.write(next), 500)
  socket.once('close', () => clearInterval(timer))
}

/** Resolves when the service has closed the connection. */
function openSlowly({ url }: Target, start: ((socket: Socket) => void) | undefined): Promise<void> {
  const socket = connect(Number(new URL(url).port), 'localhost')
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.once('close', () => resolve())
    start?.(socket)
  })
}
